import type { Protocol } from "@tidegate/core-registry";
import { compilePart } from "./compile.ts";
import { type RestInput, restSchema } from "./schema.ts";

/** Makes the protocol `REST` (S4): routes of HTTP methods and paths, mapped to `call`, `publish` or `map`. */
export function rest(): Protocol<RestInput> {
  return { contract: 1, key: "REST", schema: restSchema, fingerprint, compile: compilePart };
}

// What only documents is not hashed (S1.4).
function fingerprint(input: RestInput): unknown {
  const { description: _, routes = [], ...part } = input;
  return { ...part, routes: routes.map(({ description: _, deprecated: __, ...route }) => route) };
}
