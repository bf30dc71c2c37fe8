export { type CatalogOptions, type CatalogSource, catalog } from "./catalog.ts";
