import type { Assembled, AssembleTools, HttpRoute, Part, WebSocketRoute } from "@tidegate/core-registry";
import type { GraphQLScalarType } from "graphql";
import type { GraphQLData } from "./definitions/compile.ts";
import { livePart } from "./schema/build.ts";
import { checkParts } from "./schema/check.ts";
import { tooMany } from "./schema/crowd.ts";
import { foreignResolvers } from "./schema/foreign.ts";
import { inOrder, type Whole, wholeOf } from "./schema/whole.ts";

/** What a whole is served by. */
export type RoutesOf = (whole: Whole, tools: AssembleTools) => readonly (HttpRoute | WebSocketRoute)[];

/** What is kept of an assembled whole for the next one. */
interface Kept {
  readonly parts: readonly Part<GraphQLData>[];
  readonly whole: Whole;
}

/** Makes one whole of all parts of a branch (S5.1, S5.8). */
export interface Assembler {
  /** As `Protocol.assemble` says. The one before where nothing of GraphQL changed. */
  assemble(parts: readonly Part<GraphQLData>[], tools: AssembleTools): Assembled;
  /** The whole of something that was assembled. */
  wholeOf(assembled: Assembled): Whole | undefined;
}

/**
 * An assembler for all branches of a gateway.
 * @param maxTypes how many types a branch may have
 */
export function createAssembler(
  scalars: ReadonlyMap<string, GraphQLScalarType>,
  maxTypes: number,
  routesOf: RoutesOf,
): Assembler {
  const kept = new WeakMap<Assembled, Kept>();
  const assemble = (given: readonly Part<GraphQLData>[], tools: AssembleTools): Assembled => {
    const parts = inOrder(given);
    const before = tools.previous === undefined ? undefined : kept.get(tools.previous);
    if (before !== undefined && tools.previous !== undefined && sameParts(before.parts, parts))
      return tools.previous;
    const live = parts.map(livePart);
    const fresh = new Set(parts.filter((part) => !before?.parts.some((old) => isSettled(old, part))));
    const foreign = foreignResolvers(parts);
    const { blames, tolerated, schema } = checkParts(live, fresh, scalars);
    const faults = [...foreign, ...tooMany(live, fresh, maxTypes), ...blames];
    for (const { origin, finding } of faults) tools.found(origin, finding);
    if (faults.length > 0) return { routes: [], endpoints: [] };
    for (const message of tolerated) tools.logger.warn(`GraphQL: ${message}`);
    const whole = wholeOf(live, schema, scalars);
    const assembled: Assembled = {
      routes: [routesOf(whole, tools)],
      endpoints: parts.flatMap(({ compiled, waiting }) =>
        compiled.endpoints.filter(({ key }) => !waiting.has(key)),
      ),
      documents: {
        get "schema.graphql"() {
          return whole.text();
        },
      },
    };
    kept.set(assembled, { parts, whole });
    return assembled;
  };
  return { assemble, wholeOf: (assembled) => kept.get(assembled)?.whole };
}

function sameParts(before: readonly Part<GraphQLData>[], after: readonly Part<GraphQLData>[]): boolean {
  return (
    before.length === after.length &&
    before.every((old, index) => {
      const part = after[index];
      return part !== undefined && old.compiled === part.compiled && sameKeys(old.waiting, part.waiting);
    })
  );
}

// What waits for more than before brings nothing in that was not checked.
function isSettled(old: Part<GraphQLData>, part: Part<GraphQLData>): boolean {
  return old.compiled === part.compiled;
}

function sameKeys(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && one.isSubsetOf(other);
}
