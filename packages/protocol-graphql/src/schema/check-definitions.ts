import { type DefinitionNode, type DocumentNode, type GraphQLError, Kind } from "graphql";
import { validateSDL } from "graphql/validation/validate.js";
import { isExtension, type TypeNodes } from "../definitions/definition.ts";
import { type Composed, definitionOf, type EntryOf, type Piece } from "./composition.ts";
import type { LivePart } from "./live.ts";
import { locatedDefinitions } from "./located.ts";
import type { Pace } from "./pace.ts";
import type { SchemaSource } from "./schema.ts";

const partsAtOnce = 100;

/**
 * What contradicts itself in the definitions of the parts that are new on a branch. Who is old was checked, and claims keep
 * members of one name apart: of the old, what they are called is enough.
 *
 * @param fresh the parts whose places are told
 */
export async function definitionErrors(
  { added, composition: { entries } }: Composed,
  fresh: ReadonlySet<LivePart>,
  { names }: SchemaSource,
  pace: Pace,
): Promise<readonly GraphQLError[]> {
  const errors: GraphQLError[] = [];
  for (let from = 0; from < added.length; from += partsAtOnce) {
    const parts = added.slice(from, from + partsAtOnce);
    await pace();
    if (validateSDL(documentOf(parts, entries.get, namesIn(parts), (live) => live.definitions)).length === 0)
      continue;
    const located = (live: LivePart): readonly TypeNodes[] =>
      fresh.has(live) ? locatedDefinitions(live) : live.definitions;
    errors.push(...validateSDL(documentOf(parts, entries.get, names(), located)));
  }
  return errors;
}

/** The definitions of some parts, and of the types beside them no more than that they are there. */
function documentOf(
  parts: readonly LivePart[],
  entryOf: EntryOf,
  beside: Iterable<string>,
  nodesOf: (live: LivePart) => readonly TypeNodes[],
): DocumentNode {
  const within = new Set(parts);
  const definitions: DefinitionNode[] = [];
  const defined = new Set<string>();
  for (const live of parts) {
    for (const node of nodesOf(live)) {
      const name = node.name.value;
      // Of a definition that several hold, the first one's.
      if (!isExtension(node) && definitionOf(entryOf(name) ?? [])?.live !== live) continue;
      definitions.push(node);
      if (!isExtension(node)) defined.add(name);
    }
  }
  for (const name of beside) {
    const node = definitionOf(entryOf(name) ?? [])?.node;
    if (node !== undefined && !defined.has(name)) definitions.push(outline(node));
  }
  for (const name of defined)
    for (const { node, live } of entryOf(name) ?? [])
      if (live !== undefined && !within.has(live) && isExtension(node)) definitions.push(outline(node));
  return { kind: Kind.DOCUMENT, definitions };
}

function outline({ kind, name }: Piece["node"]): DefinitionNode {
  return { kind, name } as DefinitionNode;
}

function namesIn(parts: readonly LivePart[]): ReadonlySet<string> {
  return new Set(parts.flatMap(({ byType, naming }) => [...byType.keys(), ...naming.keys()]));
}
