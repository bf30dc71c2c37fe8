import {
  type FieldDefinitionNode,
  type GraphQLField,
  type GraphQLFieldConfig,
  GraphQLObjectType,
  Kind,
} from "graphql";
import type { OwnedNode } from "./composition.ts";

/**
 * Creates an object whose members are made when they are read, so that reading one member or the names alone
 * does not make all members.
 * @param find makes a member; undefined for unknown names
 * @param listNames lists the names in order; called once, when a caller enumerates the object
 */
export function lazyMap<Value>(
  find: (name: string) => Value | undefined,
  listNames: () => Iterable<string>,
): Record<string, Value> {
  let names: ReadonlySet<string> | undefined;
  const get = (name: string | symbol): Value | undefined =>
    typeof name === "string" ? find(name) : undefined;
  return new Proxy<Record<string, Value>>(Object.create(null), {
    get: (_, name) => get(name),
    has: (_, name) => get(name) !== undefined,
    ownKeys: () => {
      names ??= new Set(listNames());
      return [...names];
    },
    getOwnPropertyDescriptor: (_, name) => {
      const exists = names?.has(String(name)) === true || get(name) !== undefined;
      return exists ? { get: () => get(name), enumerable: true, configurable: true } : undefined;
    },
  });
}

/** A field definition with the node that contains it. */
export interface OwnedField {
  readonly node: FieldDefinitionNode;
  readonly owner: OwnedNode;
}

/** Returns the fields that a definition or extension of an object type or interface adds. */
export function fieldNodesOf({ node }: OwnedNode): readonly FieldDefinitionNode[] {
  if (!("fields" in node)) return [];
  return (node.fields ?? []).filter((field) => field.kind === Kind.FIELD_DEFINITION);
}

/**
 * Makes the fields of an object type one by one, each when it is first read. A root type has thousands of
 * fields if a thousand services extend it, and an operation selects a few of them.
 * @param nodes the definition of the type and its extensions
 * @param configOf returns the configuration of one field
 */
export function withLazyFields<Source, Context>(
  type: GraphQLObjectType,
  nodes: readonly OwnedNode[],
  configOf: (field: OwnedField) => GraphQLFieldConfig<Source, Context>,
): GraphQLObjectType {
  const made = new Map<string, GraphQLField>();
  let index: ReadonlyMap<string, OwnedField> | undefined;
  const makeField = (name: string): GraphQLField | undefined => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const definition = index === undefined ? findField(nodes, name) : index.get(name);
    if (definition === undefined) return undefined;
    // graphql-js does not export its class of fields, so a type with this one field makes it.
    const helper = new GraphQLObjectType({ name: type.name, fields: { [name]: configOf(definition) } });
    const field = helper.getFields()[name];
    if (field !== undefined) made.set(name, Object.assign(field, { parentType: type }));
    return field;
  };
  const listNames = (): Iterable<string> => {
    index ??= indexFields(nodes);
    return index.keys();
  };
  const fields = lazyMap(makeField, listNames);
  return Object.assign(type, { getFields: () => fields });
}

// Of two fields with one name the last one counts, as in a type whose fields are made all at once.
function indexFields(nodes: readonly OwnedNode[]): ReadonlyMap<string, OwnedField> {
  return new Map(
    nodes.flatMap((owner) =>
      fieldNodesOf(owner).map((node): [string, OwnedField] => [node.name.value, { node, owner }]),
    ),
  );
}

function findField(nodes: readonly OwnedNode[], name: string): OwnedField | undefined {
  const owner = nodes.findLast(
    ({ node }) => "fields" in node && node.fields?.some((field) => field.name.value === name) === true,
  );
  const node = owner && fieldNodesOf(owner).findLast((each) => each.name.value === name);
  return owner && node && { node, owner };
}
