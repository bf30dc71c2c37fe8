export { type FilterRule, filter } from "./filter.ts";

declare module "@tidegate/core-registry" {
  interface FragmentRule {
    /**
     * The text of a function of `{ action or event, params, context, util }`. Only `true` allows access
     * (S7.4).
     */
    readonly filter?: string | undefined;
  }
}
