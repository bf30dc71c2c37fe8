import {
  type Assembled,
  type AssembleTools,
  attachedValue,
  type HttpRoute,
  type Part,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import type { GraphQLScalarType } from "graphql";
import type { GraphQLData } from "./definitions/compile.ts";
import { checkChange } from "./schema/check.ts";
import { type Composition, compose, emptyComposition } from "./schema/composition.ts";
import { tooMany } from "./schema/crowd.ts";
import { foreignResolvers } from "./schema/foreign.ts";
import { livePart } from "./schema/live.ts";
import { createPace } from "./schema/pace.ts";
import { createSharedWholes } from "./schema/shared.ts";
import { sourceOf } from "./schema/source.ts";
import { type Whole, wholeOf } from "./schema/whole.ts";

/** What a whole is served by. */
export type RoutesOf = (whole: Whole, tools: AssembleTools) => readonly (HttpRoute | WebSocketRoute)[];

/** What is kept of an assembled whole for the next one. */
export interface Kept {
  /** What its parts say together. */
  readonly composition: Composition;
  /** What it serves. */
  readonly whole: Whole;
  /** Whether nothing at all is wrong with it: else who comes next may be to blame for something of it. */
  readonly isClean: boolean;
}

/** Makes one whole of all parts of a branch (S5.1, S5.8). */
export interface Assembler {
  /**
   * As `Protocol.assemble` says. The one before where nothing of GraphQL changed; one of another branch where that has the
   * same parts. Costs what differs from the one before, and gives way to requests in between.
   */
  assemble(parts: readonly Part<GraphQLData>[], tools: AssembleTools): Promise<Assembled>;
  /** What is kept of something that was assembled. */
  keptOf(assembled: Assembled): Kept | undefined;
  /** What a branch without parts says. */
  readonly nothing: Composition;
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
  const kept = attachedValue<Assembled, Kept>();
  const shared = createSharedWholes();
  const nothing = emptyComposition(scalars);
  const assemble = async (given: readonly Part<GraphQLData>[], tools: AssembleTools): Promise<Assembled> => {
    const pace = createPace(tools.signal);
    const before = tools.previous === undefined ? undefined : kept.get(tools.previous);
    for (const part of given) {
      livePart(part);
      await pace();
    }
    const composed = compose(before?.composition ?? nothing, given);
    const { composition, added, removed } = composed;
    if (before !== undefined && tools.previous !== undefined && added.length + removed.length === 0)
      return tools.previous;
    const wasClean = before?.isClean ?? true;
    const same = wasClean ? shared.find(composition.parts) : undefined;
    if (same !== undefined) return same;
    await pace();
    // What waits for more or less than before was served before.
    const served = new Set(before?.composition.parts.map(({ part }) => part.compiled));
    const fresh = new Set(added.filter(({ part }) => !served.has(part.compiled)));
    const source = sourceOf(composition, scalars);
    const { blames, tolerated } = await checkChange(composed, fresh, source, pace);
    const faults = [
      ...foreignResolvers([...fresh], composition.parts),
      ...tooMany(composition, fresh, maxTypes),
      ...blames,
    ];
    for (const { origin, finding } of faults) tools.addFinding(origin, finding);
    if (faults.length > 0) return { routes: [], endpoints: [] };
    for (const message of tolerated) tools.logger.warn(`GraphQL: ${message}`);
    const whole = wholeOf(composition, scalars);
    const assembled: Assembled = {
      routes: [routesOf(whole, tools)],
      get endpoints() {
        return composition.parts.flatMap(({ endpoints }) => endpoints);
      },
      documents: {
        get "schema.graphql"() {
          return whole.text();
        },
      },
    };
    const isClean = wasClean && tolerated.length === 0;
    kept.set(assembled, { composition, whole, isClean });
    if (isClean) shared.add(composition.parts, assembled);
    return assembled;
  };
  return { assemble, keptOf: (assembled) => kept.get(assembled), nothing };
}
