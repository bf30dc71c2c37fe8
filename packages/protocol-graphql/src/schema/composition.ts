import type { Part } from "@tidegate/core-registry";
import type { GraphQLScalarType, TypeDefinitionNode } from "graphql";
import { rootTypes } from "../definitions/check.ts";
import type { GraphQLData } from "../definitions/compile.ts";
import { isExtension, type TypeNodes } from "../definitions/definition.ts";
import { type LivePart, livePart } from "./live.ts";
import { providedDefinitions, providedRoots } from "./provided.ts";
import { Table } from "./table.ts";

/** One definition or extension of a type. */
export interface Piece {
  /** What it says. */
  readonly node: TypeNodes | TypeDefinitionNode;
  /** Whose it is; undefined: the gateway provides it. */
  readonly live: LivePart | undefined;
}

/** Everything that is said of one type, in the order of the services' names; what is provided comes first. */
export type TypeEntry = readonly Piece[];

/** What is said of a type, by its name; undefined where it is not there. */
export type EntryOf = (name: string) => TypeEntry | undefined;

/** What all parts of a branch say together. */
export interface Composition {
  /** The parts, by the services' names. */
  readonly parts: readonly LivePart[];
  /** What is said of each type. */
  readonly entries: Table<TypeEntry>;
  /** How many types the parts define or extend; root types are not theirs. */
  readonly types: number;
}

/** How one composition became another. */
export interface Composed {
  /** What it became. */
  readonly composition: Composition;
  /** The parts that are not in the one before. */
  readonly added: readonly LivePart[];
  /** The parts that are in the one before only. */
  readonly removed: readonly LivePart[];
  /** The types of which something else is said now. */
  readonly changed: ReadonlySet<string>;
}

/** Makes a composition of parts, of the one before as far as they are the same. */
export function compose(old: Composition, given: readonly Part<GraphQLData>[]): Composed {
  const parts = inOrder(given).map(livePart);
  const now = new Set(parts);
  const was = new Set(old.parts);
  const removed = old.parts.filter((live) => !now.has(live));
  const added = parts.filter((live) => !was.has(live));
  const changed = new Set([...removed, ...added].flatMap(({ byType }) => [...byType.keys()]));
  const entries = new Map<string, TypeEntry | undefined>();
  const additions = piecesOf(added);
  const gone = new Set(removed);
  if (changed.size === 0) return { composition: { ...old, parts }, added, removed, changed };
  let { types } = old;
  for (const name of changed) {
    const known = old.entries.get(name);
    const kept = known?.filter(({ live }) => live === undefined || !gone.has(live)) ?? [];
    const pieces = merged(kept.length > 0 ? kept : providedRoot(name), additions.get(name) ?? []);
    const entry = pieces.some(({ live }) => live !== undefined) || name === "Query" ? pieces : undefined;
    entries.set(name, entry);
    if (!rootTypes.includes(name)) types += (entry === undefined ? 0 : 1) - (known === undefined ? 0 : 1);
  }
  return { composition: { parts, entries: old.entries.with(entries), types }, added, removed, changed };
}

/** The composition of no parts. */
export function emptyComposition(scalars: ReadonlyMap<string, GraphQLScalarType>): Composition {
  const entries = Table.empty<TypeEntry>().with(
    new Map(providedDefinitions(scalars).map((node) => [node.name.value, [{ node, live: undefined }]])),
  );
  return { parts: [], entries, types: 0 };
}

/** The definition of a type: of several equal ones the first. */
export function definitionOf(entry: TypeEntry): Piece | undefined {
  return entry.find(({ node }) => !isExtension(node));
}

/** What is said of a type: its definition, then its extensions. Of definitions that several hold, the first. */
export function piecesInUse(entry: TypeEntry): readonly Piece[] {
  const definition = definitionOf(entry);
  const extensions = entry.filter(({ node }) => isExtension(node));
  return definition === undefined ? extensions : [definition, ...extensions];
}

function piecesOf(parts: readonly LivePart[]): ReadonlyMap<string, readonly Piece[]> {
  const pieces = new Map<string, Piece[]>();
  for (const live of parts) {
    for (const [name, nodes] of live.byType) {
      const list = pieces.get(name) ?? [];
      pieces.set(name, list);
      for (const node of nodes) list.push({ node, live });
    }
  }
  return pieces;
}

function providedRoot(name: string): readonly Piece[] {
  return providedRoots.filter((node) => node.name.value === name).map((node) => ({ node, live: undefined }));
}

// Both lists are in order; what is provided comes first.
function merged(kept: readonly Piece[], added: readonly Piece[]): TypeEntry {
  if (added.length === 0) return kept;
  if (kept.length === 0) return added;
  return [...kept, ...added].sort(byService);
}

function byService(one: Piece, other: Piece): number {
  const [a, b] = [serviceOf(one), serviceOf(other)];
  return a === b ? 0 : a < b ? -1 : 1;
}

function serviceOf({ live }: Piece): string {
  return live?.part.origin.service ?? "";
}

function inOrder(parts: readonly Part<GraphQLData>[]): readonly Part<GraphQLData>[] {
  return [...parts].sort((one, other) => (one.origin.service < other.origin.service ? -1 : 1));
}
