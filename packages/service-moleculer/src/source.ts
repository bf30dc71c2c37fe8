/**
 * Where the values of a fragment are written: for the mixin's log, and for `tidegate check`. Services do not
 * need it, and it can change with every version.
 */
export {
  type LocatedValue,
  locateExported,
  locateInCall,
  type PlaceInText,
  type SourcePlace,
} from "./source/locate.ts";
export { parseJsonPath } from "./source/report.ts";
