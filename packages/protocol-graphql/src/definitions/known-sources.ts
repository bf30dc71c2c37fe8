import type { KnownValue } from "@tidegate/core-registry";
import { Kind, type TypeNode } from "graphql";
import { fieldsOf, isExtension, keywordOf, rootTypes, type TypeSystemNode } from "./type-nodes.ts";

type KnownSources = Readonly<Record<string, KnownValue>>;

/** The members of `@info` (S2.6). */
const info: KnownValue = {
  fieldName: "scalar",
  path: "any",
  parentType: "scalar",
  returnType: "scalar",
  operation: { kind: "scalar", name: "scalar" },
  variables: "any",
  selection: "any",
};

/** What is known of the sources of `__resolveType` and `__isTypeOf` (S1.7). */
export const knownOfType: KnownSources = { info };

/** Returns what is known of the sources of a field of a type. */
export type KnownOfField = (type: string, field: string) => KnownSources;

const scalars: ReadonlySet<string> = new Set(["ID", "String", "Int", "Float", "Boolean"]);
/** How many levels of input types are followed: they can contain themselves. */
const maxDepth = 3;

/**
 * Collects what is known of the sources of the fields that a fragment defines (S1.7): their arguments, with
 * the members of the input types that the fragment defines itself, and that root fields have no source.
 */
export function knownFields(definitions: readonly TypeSystemNode[]): KnownOfField {
  const nodesByType = Map.groupBy(definitions, (node) => node.name.value);
  const known = new Map<string, KnownValue>();

  const knownOfValue = (type: TypeNode, depth: number): KnownValue => {
    if (type.kind === Kind.NON_NULL_TYPE) return knownOfValue(type.type, depth);
    if (type.kind === Kind.LIST_TYPE) return "any";
    const name = type.name.value;
    if (scalars.has(name)) return "scalar";
    const key = `${depth} ${name}`;
    const value = known.get(key) ?? knownOfNodes(nodesByType.get(name) ?? [], depth);
    known.set(key, value);
    return value;
  };

  const knownOfNodes = (nodes: readonly TypeSystemNode[], depth: number): KnownValue => {
    const [node] = nodes;
    if (node === undefined || nodes.every(isExtension)) return "any";
    if (keywordOf(node) === "enum") return "scalar";
    if (keywordOf(node) !== "input" || depth === maxDepth) return "any";
    return Object.fromEntries(
      nodes.flatMap(fieldsOf).map((field) => [field.name.value, knownOfValue(field.type, depth + 1)]),
    );
  };

  return (type, field) => {
    const definition = (nodesByType.get(type) ?? [])
      .flatMap(fieldsOf)
      .find(({ name }) => name.value === field);
    const source: KnownSources = rootTypes.includes(type) ? { source: "never" } : {};
    if (definition === undefined) return { info, ...source };
    const values = "arguments" in definition ? (definition.arguments ?? []) : [];
    const args = values.map((argument): [string, KnownValue] => [
      argument.name.value,
      knownOfValue(argument.type, 0),
    ]);
    return { info, ...source, args: Object.fromEntries(args) };
  };
}
