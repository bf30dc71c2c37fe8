import type { Finding, Origin } from "@tidegate/core-registry";
import { type GraphQLError, visit } from "graphql";
import { typeKey } from "../definitions/claims.ts";
import { placeOf } from "../definitions/place.ts";
import { definitionErrors } from "./check-definitions.ts";
import { schemaErrors } from "./check-types.ts";
import type { Composed } from "./composition.ts";
import type { LivePart } from "./live.ts";
import type { Pace } from "./pace.ts";
import type { SchemaSource } from "./schema.ts";

/** Something wrong with the whole that one part brought in. */
export interface Blame {
  /** Whose. */
  readonly origin: Origin;
  /** What. */
  readonly finding: Finding;
}

/** What was found when the parts were put together. */
export interface Checked {
  /** What refuses its fragment. */
  readonly blames: readonly Blame[];
  /** What nobody that is new is to blame for: it is served as far as it goes. */
  readonly tolerated: readonly string[];
}

const mostErrors = 20;

/**
 * Checks what a change brought into a whole that was checked before. Each error refuses the new part that it is about, and
 * never what was served before (S9.6). What cannot have become wrong is not looked at; places are looked for only where
 * something is wrong.
 *
 * @param fresh the parts that were not served before
 * @param source of the whole
 */
export async function checkChange(
  composed: Composed,
  fresh: ReadonlySet<LivePart>,
  source: SchemaSource,
  pace: Pace,
): Promise<Checked> {
  const wrong = await definitionErrors(composed, fresh, source, pace);
  // A schema of definitions that contradict each other would only be wrong in more places.
  const errors = wrong.length > 0 ? wrong : await schemaErrors(composed, fresh, source, pace);
  const blames: Blame[] = [];
  const tolerated: string[] = [];
  for (const error of errors.slice(0, mostErrors)) {
    const live = guiltyPart(error, [...fresh]);
    if (live === undefined) tolerated.push(error.message);
    else blames.push({ origin: live.part.origin, finding: findingOf(error, live) });
  }
  return { blames, tolerated };
}

// The last of its places in a new part (the implementing type after its interface, the extension after its type); else
// the new part that defines a type which a place names.
function guiltyPart(error: GraphQLError, fresh: readonly LivePart[]): LivePart | undefined {
  const services = (error.nodes ?? []).flatMap(({ loc }) => loc?.source.name ?? []);
  const last = services.at(-1);
  const direct = fresh.find(({ part }) => part.origin.service === last);
  if (direct !== undefined) return direct;
  const named = new Set<string>();
  for (const node of error.nodes ?? [])
    visit(node, { NamedType: ({ name }) => void named.add(typeKey(name.value)) });
  return fresh.find(({ part }) => part.compiled.claims.some(({ key }) => named.has(key)));
}

function findingOf(error: GraphQLError, { part: { origin, compiled } }: LivePart): Finding {
  const place = error.nodes?.findLast(({ loc }) => loc?.source.name === origin.service)?.loc;
  return {
    severity: "error",
    code: "GRAPHQL_INVALID",
    jsonPath: `${origin.jsonPath}.typeDefs`,
    message: error.message,
    ...(place === undefined ? {} : placeOf(compiled.data?.typeDefs ?? "", place.start)),
  };
}
