export { type ScopeRule, scope } from "./scope.ts";

declare module "@tidegate/core-registry" {
  interface FragmentRule {
    /** Scopes, of which at least one is needed (S7.3). */
    readonly scope?: readonly string[] | undefined;
    /** Another name of `scope`; never both. */
    readonly scopes?: readonly string[] | undefined;
  }
}
