import type { Part } from "@tidegate/core-registry";
import type { GraphQLScalarType, TypeDefinitionNode } from "graphql";
import type { GraphQLData } from "../definitions/compile.ts";
import { isExtension, rootTypes, type TypeSystemNode } from "../definitions/type-nodes.ts";
import { type ActivePart, activePart } from "./active-part.ts";
import { PersistentMap } from "./persistent-map.ts";
import { emptyRootTypes, providedDefinitions } from "./provided-types.ts";

/** A type definition or extension with the part that contains it. */
export interface OwnedNode {
  readonly node: TypeSystemNode | TypeDefinitionNode;
  /** Undefined if the gateway provides the node. */
  readonly part: ActivePart | undefined;
}

/**
 * All definitions and extensions of one type: those of the gateway first, then the others by service name.
 */
export type TypeEntry = readonly OwnedNode[];

/** Looks up a type by its name. Returns undefined if no part defines or extends the type. */
export type TypeLookup = (name: string) => TypeEntry | undefined;

/** The definitions of all parts of a branch. Immutable. */
export interface Composition {
  /** Sorted by the names of their services. */
  readonly parts: readonly ActivePart[];
  readonly types: PersistentMap<TypeEntry>;
  /** The number of types that the parts define or extend, without the root types. */
  readonly typeCount: number;
}

/** A composition and how it differs from the previous one. */
export interface CompositionChange {
  readonly composition: Composition;
  /** The parts that the previous composition does not have. */
  readonly added: readonly ActivePart[];
  /** The parts that only the previous composition has. */
  readonly removed: readonly ActivePart[];
  /** The names of the types that added or removed parts define or extend. */
  readonly changedTypes: ReadonlySet<string>;
}

/**
 * Composes the parts of a branch. Types that no added or removed part touches are taken from the previous
 * composition.
 */
export function compose(previous: Composition, branchParts: readonly Part<GraphQLData>[]): CompositionChange {
  const parts = sortByService(branchParts).map(activePart);
  const [current, before] = [new Set(parts), new Set(previous.parts)];
  const removed = previous.parts.filter((part) => !current.has(part));
  const added = parts.filter((part) => !before.has(part));
  const changedTypes = new Set([...removed, ...added].flatMap(({ byType }) => [...byType.keys()]));
  if (changedTypes.size === 0) return { composition: { ...previous, parts }, added, removed, changedTypes };

  const removedParts = new Set<ActivePart | undefined>(removed);
  const additions = nodesByType(added);
  const changes = new Map<string, TypeEntry | undefined>();
  let { typeCount } = previous;
  for (const name of changedTypes) {
    const oldEntry = previous.types.get(name);
    const kept = oldEntry?.filter(({ part }) => !removedParts.has(part)) ?? [];
    const nodes = mergeNodes(kept.length > 0 ? kept : emptyRootType(name), additions.get(name) ?? []);
    const exists = name === "Query" || nodes.some(({ part }) => part !== undefined);
    changes.set(name, exists ? nodes : undefined);
    if (!rootTypes.includes(name)) typeCount += (exists ? 1 : 0) - (oldEntry === undefined ? 0 : 1);
  }
  const composition = { parts, types: previous.types.with(changes), typeCount };
  return { composition, added, removed, changedTypes };
}

/** Returns the composition of a branch without parts: it has the provided types only. */
export function emptyComposition(scalars: ReadonlyMap<string, GraphQLScalarType>): Composition {
  const types = new Map(
    providedDefinitions(scalars).map((node) => [node.name.value, [{ node, part: undefined }]]),
  );
  return { parts: [], types: PersistentMap.empty<TypeEntry>().with(types), typeCount: 0 };
}

/** Returns the definition of a type. If several parts share an identical definition, it is the first. */
export function definitionOf(entry: TypeEntry): OwnedNode | undefined {
  return entry.find(({ node }) => !isExtension(node));
}

/** Returns the definition of a type, then its extensions. Further identical definitions are left out. */
export function definitionAndExtensions(entry: TypeEntry): readonly OwnedNode[] {
  const definition = definitionOf(entry);
  const extensions = entry.filter(({ node }) => isExtension(node));
  return definition === undefined ? extensions : [definition, ...extensions];
}

function nodesByType(parts: readonly ActivePart[]): ReadonlyMap<string, readonly OwnedNode[]> {
  const nodes = new Map<string, OwnedNode[]>();
  for (const part of parts) {
    for (const [name, typeNodes] of part.byType) {
      const list = nodes.get(name) ?? [];
      nodes.set(name, list);
      for (const node of typeNodes) list.push({ node, part });
    }
  }
  return nodes;
}

function emptyRootType(name: string): readonly OwnedNode[] {
  return emptyRootTypes.filter((node) => node.name.value === name).map((node) => ({ node, part: undefined }));
}

// Both lists are sorted by service. Provided nodes have no service and come first.
function mergeNodes(kept: readonly OwnedNode[], added: readonly OwnedNode[]): TypeEntry {
  if (added.length === 0) return kept;
  if (kept.length === 0) return added;
  return [...kept, ...added].sort(byService);
}

function byService(one: OwnedNode, other: OwnedNode): number {
  const [a, b] = [serviceOf(one), serviceOf(other)];
  return a === b ? 0 : a < b ? -1 : 1;
}

function serviceOf({ part }: OwnedNode): string {
  return part?.origin.service ?? "";
}

function sortByService(parts: readonly Part<GraphQLData>[]): readonly Part<GraphQLData>[] {
  return [...parts].sort((one, other) => (one.origin.service < other.origin.service ? -1 : 1));
}
