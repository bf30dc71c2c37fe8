import type { Finding, Part } from "@tidegate/core-registry";
import type { GraphQLData } from "../definitions/compile.ts";
import type { LivePart } from "./build.ts";
import type { Blame } from "./check.ts";

/** The new parts that bring a branch over its bound of types (S5.6), the last ones first. */
export function tooMany(
  parts: readonly LivePart[],
  fresh: ReadonlySet<Part<GraphQLData>>,
  most: number,
): Blame[] {
  const namesOf = (live: readonly LivePart[]): Set<string> =>
    new Set(live.flatMap(({ definitions }) => definitions.map(({ name }) => name.value)));
  let left = parts;
  const blames: Blame[] = [];
  for (const { part } of parts.toReversed()) {
    if (!fresh.has(part)) continue;
    const { size } = namesOf(left);
    if (size <= most) break;
    left = left.filter((live) => live.part !== part);
    blames.push({ origin: part.origin, finding: crowded(size, most) });
  }
  return blames;
}

function crowded(size: number, most: number): Finding {
  return {
    severity: "error",
    code: "GRAPHQL_TOO_MANY_TYPES",
    jsonPath: "protocol.GraphQL.typeDefs",
    message: "The branch would have more types than a branch may have.",
    expected: `at most ${most}`,
    found: String(size),
  };
}
