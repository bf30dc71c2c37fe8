/** The types of a fragment and of the report on it. Nothing of this package exists at run time. */
export type * from "./fragment.ts";
export type * from "./json.ts";
export type * from "./report.ts";
