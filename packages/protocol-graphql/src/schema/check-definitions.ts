import type { YieldToEventLoop } from "@tidegate/core-registry/runtime";
import { type DefinitionNode, type DocumentNode, type GraphQLError, Kind, parse, Source } from "graphql";
import { validateSDL } from "graphql/validation/validate.js";
import { isExtension, type TypeSystemNode } from "../definitions/type-nodes.ts";
import { type ActivePart, withoutWaiting } from "./active-part.ts";
import { type CompositionChange, definitionOf, type OwnedNode, type TypeLookup } from "./composition.ts";
import type { SchemaSource } from "./schema.ts";
import { inSteps } from "./steps.ts";

const partsPerStep = 100;
// One part can have several thousand claims.
const claimsPerStep = 2_000;

/**
 * Returns the errors in the definitions of added parts, by the rules of `validateSDL`. The other parts were
 * checked before, and claims keep names unique between parts: of their definitions, kind and name are enough.
 */
export async function definitionErrors(
  { added, composition }: CompositionChange,
  { names }: SchemaSource,
  yieldToEventLoop: YieldToEventLoop,
): Promise<readonly GraphQLError[]> {
  const lookup = composition.types.get;
  const errors: GraphQLError[] = [];
  const sizeOf = ({ compiled }: ActivePart): number => compiled.claims?.length ?? 0;
  for (const parts of inSteps(added, sizeOf, { count: partsPerStep, size: claimsPerStep })) {
    await yieldToEventLoop();
    const document = documentOf(parts, lookup, namesIn(parts), ({ definitions }) => definitions);
    if (validateSDL(document).length === 0) continue;
    // Again, with all types and with locations: parsing for locations costs time that valid parts save.
    errors.push(...validateSDL(documentOf(parts, lookup, names(), locatedDefinitions)));
  }
  return errors;
}

/**
 * Makes a document with the definitions of some parts. Of other types, and of extensions in other parts, it
 * contains the kind and the name only.
 */
function documentOf(
  parts: readonly ActivePart[],
  lookup: TypeLookup,
  otherTypes: Iterable<string>,
  nodesOf: (part: ActivePart) => readonly TypeSystemNode[],
): DocumentNode {
  const definitions: DefinitionNode[] = [];
  const defined = new Set<string>();
  for (const part of parts) {
    for (const node of nodesOf(part)) {
      const name = node.name.value;
      // Several parts can share a definition: it is in the document once.
      if (!isExtension(node) && definitionOf(lookup(name) ?? [])?.part !== part) continue;
      definitions.push(node);
      if (!isExtension(node)) defined.add(name);
    }
  }
  for (const name of otherTypes) {
    const node = definitionOf(lookup(name) ?? [])?.node;
    if (node !== undefined && !defined.has(name)) definitions.push(kindAndName(node));
  }
  const included = new Set<ActivePart | undefined>([undefined, ...parts]);
  for (const name of defined)
    for (const { node, part } of lookup(name) ?? [])
      if (!included.has(part) && isExtension(node)) definitions.push(kindAndName(node));
  return { kind: Kind.DOCUMENT, definitions };
}

function kindAndName({ kind, name }: OwnedNode["node"]): DefinitionNode {
  return { kind, name } as DefinitionNode;
}

function namesIn(parts: readonly ActivePart[]): ReadonlySet<string> {
  return new Set(parts.flatMap(({ byType, referencedBy }) => [...byType.keys(), ...referencedBy.keys()]));
}

/**
 * Parses the definitions of a part that do not wait again, with locations. The source is named after the
 * service.
 */
function locatedDefinitions({ origin, compiled, waiting }: ActivePart): readonly TypeSystemNode[] {
  const text = compiled.data?.typeDefs ?? "";
  return compiled.data?.document.definitions.length === 0
    ? []
    : withoutWaiting(parse(new Source(text, origin.service)), waiting);
}

/** Returns a lookup whose nodes of some parts have locations. */
export function withLocations(lookup: TypeLookup, parts: ReadonlySet<ActivePart>): TypeLookup {
  const cache = new Map<ActivePart, ReadonlyMap<OwnedNode["node"], TypeSystemNode>>();
  const locatedNodes = (part: ActivePart): ReadonlyMap<OwnedNode["node"], TypeSystemNode> => {
    const cached = cache.get(part);
    if (cached !== undefined) return cached;
    const located = new Map<OwnedNode["node"], TypeSystemNode>();
    locatedDefinitions(part).forEach((node, index) => {
      const original = part.definitions[index];
      if (original !== undefined) located.set(original, node);
    });
    cache.set(part, located);
    return located;
  };
  return (name) =>
    lookup(name)?.map((owned) =>
      owned.part === undefined || !parts.has(owned.part)
        ? owned
        : { ...owned, node: locatedNodes(owned.part).get(owned.node) ?? owned.node },
    );
}
