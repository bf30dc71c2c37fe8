export { type CatalogOptions, catalog } from "./catalog.ts";
