import type { Compiled, Part } from "@tidegate/core-registry";
import { attachedValue } from "@tidegate/core-registry/runtime";
import { type ASTNode, type DocumentNode, visit } from "graphql";
import { fieldKey, implementsKey, memberKey, typeKey, valueKey } from "../definitions/claims.ts";
import type { GraphQLData } from "../definitions/compile.ts";
import {
  fieldsOf,
  interfacesOf,
  isExtension,
  namedTypeOf,
  type TypeSystemNode,
  typeSystemNodes,
} from "../definitions/type-nodes.ts";

/**
 * A part without the claims that wait. The same object wherever the same fragment waits for the same claims.
 */
export interface ActivePart extends Part<GraphQLData> {
  /** Unique in this process, to identify the part in cache keys. */
  readonly number: number;
  /** The definitions and extensions that do not wait, in the order of the document. */
  readonly definitions: readonly TypeSystemNode[];
  /** `definitions` by the type that they define or extend. */
  readonly byType: ReadonlyMap<string, readonly TypeSystemNode[]>;
  /**
   * By type: the types of this part that refer to it in a field, an argument, a union member or an interface.
   */
  readonly referencedBy: ReadonlyMap<string, ReadonlySet<string>>;
  /** By interface: the types that this part declares to implement it. */
  readonly implementing: ReadonlyMap<string, readonly string[]>;
}

const cache = attachedValue<Compiled<GraphQLData>, readonly ActivePart[]>();
// A fragment rarely waits for more than a few different sets of claims.
const maxCached = 4;
let lastNumber = 0;

/** Returns a part without what waits (S5.8). Cached on the compiled fragment. */
export function activePart(part: Part<GraphQLData>): ActivePart {
  const cached = cache.get(part.compiled) ?? [];
  const same = cached.find(
    (active) => sameSet(active.waiting, part.waiting) && active.origin.service === part.origin.service,
  );
  if (same !== undefined) return same;
  const active = createActivePart(part);
  cache.set(part.compiled, [active, ...cached].slice(0, maxCached));
  return active;
}

function createActivePart(part: Part<GraphQLData>): ActivePart {
  const { origin, compiled, waiting } = part;
  const definitions = compiled.data === undefined ? [] : withoutWaiting(compiled.data.document, waiting);
  const byType = new Map<string, TypeSystemNode[]>();
  const referencedBy = new Map<string, Set<string>>();
  const implementing = new Map<string, string[]>();
  for (const node of definitions) {
    const type = node.name.value;
    byType.set(type, [...(byType.get(type) ?? []), node]);
    for (const name of referencesOf(node))
      referencedBy.set(name, (referencedBy.get(name) ?? new Set()).add(type));
    for (const name of interfacesOf(node)) implementing.set(name, [...(implementing.get(name) ?? []), type]);
  }
  // Not spread: members that the core keeps on its part would make these objects differ, and slow to read.
  return { origin, compiled, waiting, number: ++lastNumber, definitions, byType, referencedBy, implementing };
}

/**
 * Returns the definitions and extensions of a document without the types, fields, members and values that
 * wait.
 */
export function withoutWaiting(
  document: DocumentNode,
  waiting: ReadonlySet<string>,
): readonly TypeSystemNode[] {
  const nodes = typeSystemNodes(document);
  return waiting.size === 0 ? nodes : nodes.flatMap((node) => nodeWithoutWaiting(node, waiting));
}

const claimKeys: Readonly<Record<string, (type: string, name: string) => string>> = {
  fields: fieldKey,
  types: memberKey,
  values: valueKey,
  interfaces: implementsKey,
};

function nodeWithoutWaiting(node: TypeSystemNode, waiting: ReadonlySet<string>): TypeSystemNode[] {
  const type = node.name.value;
  if (!isExtension(node) && waiting.has(typeKey(type))) return [];
  const kept = visit(node, {
    enter: (child: ASTNode, _key, _parent, path) => {
      if (path.length === 0) return undefined;
      const claimKey = claimKeys[String(path[0])];
      const name = "name" in child ? child.name?.value : undefined;
      const waits =
        path.length === 2 &&
        name !== undefined &&
        claimKey !== undefined &&
        waiting.has(claimKey(type, name));
      // `null` removes the child, `false` keeps it without visiting what it contains.
      return waits ? null : false;
    },
  });
  return isExtension(kept) && isEmpty(kept) ? [] : [kept];
}

function isEmpty(node: TypeSystemNode): boolean {
  const lists = [
    "fields" in node ? node.fields : undefined,
    "types" in node ? node.types : undefined,
    "values" in node ? node.values : undefined,
    "interfaces" in node ? node.interfaces : undefined,
    node.directives,
  ];
  return lists.every((list) => list === undefined || list.length === 0);
}

function referencesOf(node: TypeSystemNode): ReadonlySet<string> {
  const names = new Set(interfacesOf(node));
  for (const field of fieldsOf(node)) {
    names.add(namedTypeOf(field.type));
    for (const arg of "arguments" in field ? (field.arguments ?? []) : []) names.add(namedTypeOf(arg.type));
  }
  if ("types" in node) for (const member of node.types ?? []) names.add(member.name.value);
  return names;
}

function sameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one === other || (one.size === other.size && one.isSubsetOf(other));
}
