import type { RestInput } from "./schema.ts";

export { rest } from "./rest.ts";
export type { RestInput, RestRouteInput } from "./schema.ts";

declare module "@tidegate/core-registry" {
  interface FragmentParts {
    /** HTTP routes (S4). */
    readonly REST?: RestInput | undefined;
  }
}
