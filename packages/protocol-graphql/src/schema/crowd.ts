import type { Finding } from "@tidegate/core-registry";
import { rootTypes } from "../definitions/check.ts";
import type { Blame } from "./check.ts";
import type { Composition } from "./composition.ts";
import type { LivePart } from "./live.ts";

/** The new parts that bring a branch over its bound of types (S5.6), the last ones first. */
export function tooMany(
  { parts, types }: Composition,
  fresh: ReadonlySet<LivePart>,
  most: number,
): readonly Blame[] {
  if (types <= most) return [];
  const holders = new Map<string, number>();
  for (const { byType } of parts)
    for (const name of byType.keys())
      if (!rootTypes.includes(name)) holders.set(name, (holders.get(name) ?? 0) + 1);
  const blames: Blame[] = [];
  for (const live of parts.toReversed()) {
    if (holders.size <= most) break;
    if (!fresh.has(live)) continue;
    blames.push({ origin: live.part.origin, finding: crowded(holders.size, most) });
    for (const name of live.byType.keys()) {
      const left = (holders.get(name) ?? 0) - 1;
      if (left > 0) holders.set(name, left);
      else holders.delete(name);
    }
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
