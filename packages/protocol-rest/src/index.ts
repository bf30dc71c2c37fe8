import type { RestInput } from "./schema.ts";

export { rest } from "./rest.ts";
export type { RestInput, RestRouteInput } from "./schema.ts";

declare module "@tidegate/core-registry" {
  interface FragmentParts {
    /** Adds HTTP routes to the API (S4). */
    readonly REST?: RestInput | undefined;
  }
}
