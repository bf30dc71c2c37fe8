export { type ScopeRule, scope } from "./scope.ts";

declare module "@tidegate/core-registry" {
  interface FragmentRule {
    /** At least one of these scopes is required (S7.3). */
    readonly scope?: readonly string[] | undefined;
    /** Another name of `scope`. A rule has one of both. */
    readonly scopes?: readonly string[] | undefined;
  }
}
