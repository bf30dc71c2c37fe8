import type { Connector } from "../contracts/connector.ts";
import { compileInline } from "./inline.ts";
import type { ConnectorPlan } from "./tools.ts";

const nothing = {};

/** Compiles `map` (S2): a function of the sources. Undefined where its text has an error; that is told. */
export function compileMap(
  text: string,
  self: string,
  { tools, sources }: ConnectorPlan,
): Connector | undefined {
  const inline = compileInline(text, self, { sources, contexts: tools.contexts, own: [] }, tools);
  if (inline === undefined) return undefined;
  return {
    kind: "map",
    reads: inline.reads,
    description: { kind: "map", origin: { ...tools.origin, jsonPath: self } },
    run: (scope, given) => inline.call(scope, given, nothing),
  };
}
