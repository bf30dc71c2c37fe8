import { type GraphQLScalarType, introspectionTypes, specifiedScalarTypes } from "graphql";
import { rootTypes } from "../definitions/check.ts";
import { isExtension } from "../definitions/definition.ts";
import { type Composition, definitionOf, type Piece } from "./composition.ts";
import { providedDefinitions, providedRoots } from "./provided.ts";
import type { SchemaSource } from "./schema.ts";

const always: ReadonlySet<string> = new Set(["String", "Boolean", "ID"]);

/** A composition as the source of a schema. */
export function sourceOf(
  { parts, entries }: Composition,
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): SchemaSource {
  const isFirst = (name: string, node: unknown): boolean => {
    const entry = entries.get(name);
    return entry !== undefined && definitionOf(entry)?.node === node;
  };
  return {
    scalars,
    entry: entries.get,
    names: () => {
      const provided = [...providedDefinitions(scalars), ...providedRoots].map(({ name }) => name.value);
      const own = parts.flatMap(({ definitions }) =>
        definitions
          .filter((node) => !isExtension(node) && isFirst(node.name.value, node))
          .map(({ name }) => name.value),
      );
      // Scalars of the language are there where somebody uses them; introspection itself needs these two.
      const used = specifiedScalarTypes
        .map(({ name }) => name)
        .filter((name) => always.has(name) || parts.some((live) => live.naming.has(name)));
      return [
        ...provided.filter((name) => !rootTypes.includes(name) || entries.get(name) !== undefined),
        ...own,
        ...used,
        ...introspectionTypes.map(({ name }) => name),
      ];
    },
    implementing: (name) => {
      const types = new Set(parts.flatMap((live) => live.implementing.get(name) ?? []));
      const placed = [...types].flatMap((type) => {
        const piece = definitionOf(entries.get(type) ?? []);
        return piece === undefined ? [] : [{ type, piece }];
      });
      return placed.sort((one, other) => byPlace(one.piece, other.piece)).map(({ type }) => type);
    },
  };
}

// Where a definition stands: by its service's name, then in its text.
function byPlace(one: Piece, other: Piece): number {
  const [a, b] = [one.live, other.live];
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  if (a !== b) return a.part.origin.service < b.part.origin.service ? -1 : 1;
  const nodes: readonly Piece["node"][] = a.definitions;
  return nodes.indexOf(one.node) - nodes.indexOf(other.node);
}
