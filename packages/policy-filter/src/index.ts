export { type FilterRule, filter } from "./filter.ts";
