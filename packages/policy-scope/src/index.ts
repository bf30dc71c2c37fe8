export { type ScopeRule, scope } from "./scope.ts";
