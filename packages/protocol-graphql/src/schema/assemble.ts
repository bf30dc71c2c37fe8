/**
 * Assembles the schema of a branch from the parts of its fragments (S5.1, S5.8, S9.6). The steps, in order:
 *
 * 1. Leave out of each part what waits for missing types (active-part.ts).
 * 2. Compose the parts: the previous composition, with parts added and removed (composition.ts).
 * 3. Return the previous schema if no part differs, or the schema of another branch with the same parts.
 * 4. Check what the change can have made invalid. An error refuses the new part that causes it, and the
 *    registry assembles the other parts again (check.ts).
 * 5. Build the schema, which makes its types when operations use them (built-schema.ts), and its routes.
 * 6. Keep the schema for the next change and for other branches.
 */

import { createHash } from "node:crypto";
import type { Assembled, AssembleTools, HttpRoute, Part, WebSocketRoute } from "@tidegate/core-registry";
import { attachedValue, createYield, type YieldToEventLoop } from "@tidegate/core-registry/runtime";
import type { GraphQLScalarType } from "graphql";
import { LRUCache } from "lru-cache";
import type { GraphQLData } from "../definitions/compile.ts";
import { type ActivePart, activePart } from "./active-part.ts";
import { type BuiltSchema, buildSchema } from "./built-schema.ts";
import { checkChange } from "./check.ts";
import { type Composition, type CompositionChange, compose, emptyComposition } from "./composition.ts";
import { schemaSource } from "./schema.ts";

// Short for a request, and long for one turn of the event loop.
const maxStepMs = 5;

/** Makes the routes that serve a schema. */
export type RoutesOf = (schema: BuiltSchema, tools: AssembleTools) => readonly (HttpRoute | WebSocketRoute)[];

/** What the assembler keeps of an assembled schema for the next one. */
export interface AssembledSchema {
  readonly composition: Composition;
  readonly builtSchema: BuiltSchema;
  /** False if it is served in spite of errors that no new part causes. Then branches do not share it. */
  readonly isValid: boolean;
}

/** Assembles the schemas of all branches of a gateway. */
export interface Assembler {
  /**
   * Implements `Protocol.assemble`. Costs what differs from the previous schema, and yields to the event loop
   * in between.
   */
  assemble(parts: readonly Part<GraphQLData>[], tools: AssembleTools): Promise<Assembled>;
  /** Returns what is kept of an assembled schema. */
  schemaOf(assembled: Assembled): AssembledSchema | undefined;
  /** The composition of a branch without parts. */
  readonly empty: Composition;
}

/**
 * Creates an assembler for all branches of a gateway.
 * @param maxTypes the most types that a branch can have
 */
export function createAssembler(
  scalars: ReadonlyMap<string, GraphQLScalarType>,
  maxTypes: number,
  routesOf: RoutesOf,
): Assembler {
  const schemas = attachedValue<Assembled, AssembledSchema>();
  const shared = createSharedSchemas();
  const empty = emptyComposition(scalars);
  const assemble = async (parts: readonly Part<GraphQLData>[], tools: AssembleTools): Promise<Assembled> => {
    const yieldToEventLoop = createYield(maxStepMs, tools.signal);
    const previous = tools.previous === undefined ? undefined : schemas.get(tools.previous);
    await activateParts(parts, yieldToEventLoop);
    const change = compose(previous?.composition ?? empty, parts);
    const { composition, added, removed } = change;
    if (previous !== undefined && tools.previous !== undefined && added.length + removed.length === 0)
      return tools.previous;
    const wasValid = previous?.isValid ?? true;
    const existing = wasValid ? shared.find(composition.parts) : undefined;
    if (existing !== undefined) return existing;
    await yieldToEventLoop();

    const source = schemaSource(composition, scalars);
    const newParts = partsNotServedBefore(change, previous?.composition);
    const { findings, unattributed } = await checkChange(
      change,
      newParts,
      source,
      maxTypes,
      yieldToEventLoop,
    );
    for (const { origin, finding } of findings) tools.addFinding(origin, finding);
    if (findings.length > 0) return { routes: [] };
    for (const message of unattributed) tools.logger.warn(`GraphQL: ${message}`);

    const builtSchema = buildSchema(composition, scalars);
    const assembled: Assembled = { routes: routesOf(builtSchema, tools) };
    const isValid = wasValid && unattributed.length === 0;
    schemas.set(assembled, { composition, builtSchema, isValid });
    if (isValid) shared.add(composition.parts, assembled);
    return assembled;
  };
  return { assemble, schemaOf: (assembled) => schemas.get(assembled), empty };
}

// Fills the cache of active parts in steps. `compose` then reads it at once.
async function activateParts(
  parts: readonly Part<GraphQLData>[],
  yieldToEventLoop: YieldToEventLoop,
): Promise<void> {
  for (const part of parts) {
    activePart(part);
    await yieldToEventLoop();
  }
}

// A part that only waits for other claims than before was served before.
function partsNotServedBefore(
  { added }: CompositionChange,
  previous: Composition | undefined,
): ReadonlySet<ActivePart> {
  const servedFragments = new Set(previous?.parts.map(({ compiled }) => compiled));
  return new Set(added.filter(({ compiled }) => !servedFragments.has(compiled)));
}

/** The schemas that were assembled last, by their parts. Branches with the same parts share one schema. */
interface SharedSchemas {
  find(parts: readonly ActivePart[]): Assembled | undefined;
  add(parts: readonly ActivePart[], assembled: Assembled): void;
}

// Most branches have the parts of master, so few schemas are enough, and each takes much memory. A weak
// reference would keep a schema until the garbage collector processes the whole heap.
const maxShared = 4;

function createSharedSchemas(): SharedSchemas {
  const cache = new LRUCache<string, Assembled>({ max: maxShared });
  return {
    find: (parts) => cache.get(cacheKey(parts)),
    add: (parts, assembled) => void cache.set(cacheKey(parts), assembled),
  };
}

function cacheKey(parts: readonly ActivePart[]): string {
  return createHash("sha256")
    .update(parts.map(({ number }) => number).join(" "))
    .digest("base64");
}
