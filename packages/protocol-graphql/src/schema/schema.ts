import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLScalarType,
  GraphQLSchema,
  introspectionTypes,
  isAbstractType,
  isObjectType,
  isUnionType,
  specifiedScalarTypes,
} from "graphql";
import { isExtension, rootTypes } from "../definitions/type-nodes.ts";
import { type Composition, definitionOf, type OwnedNode, type TypeEntry } from "./composition.ts";
import { lazyMap } from "./lazy.ts";
import { emptyRootTypes, providedDefinitions } from "./provided-types.ts";
import { fieldResolverOf, typeResolverOf } from "./resolvers.ts";
import { makeType } from "./types.ts";

/** The definitions that a lazy schema is made from. The schema calls the functions when it is used. */
export interface SchemaSource {
  /** Returns the definitions and extensions of a type. */
  entry(name: string): TypeEntry | undefined;
  /** Lists the names of all types, in the order of their definitions. Called once. */
  names(): readonly string[];
  /** Lists the types that implement an interface, in the order of their definitions. */
  implementing(interfaceName: string): readonly string[];
  /** The scalars that the gateway provides, by name. */
  readonly scalars: ReadonlyMap<string, GraphQLScalarType>;
}

// These scalars are part of every schema: introspection uses String and Boolean, `Node` uses ID.
const alwaysListed: ReadonlySet<string> = new Set(["String", "Boolean", "ID"]);

/** Returns the source of a composition's schema. */
export function schemaSource(
  { parts, types }: Composition,
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): SchemaSource {
  const isUsedDefinition = (node: OwnedNode["node"]): boolean =>
    !isExtension(node) && definitionOf(types.get(node.name.value) ?? [])?.node === node;
  return {
    scalars,
    entry: types.get,
    names: () => {
      const provided = [...providedDefinitions(scalars), ...emptyRootTypes].map(({ name }) => name.value);
      const defined = parts.flatMap(({ definitions }) =>
        definitions.filter(isUsedDefinition).map(({ name }) => name.value),
      );
      const specified = specifiedScalarTypes
        .map(({ name }) => name)
        .filter((name) => alwaysListed.has(name) || parts.some(({ referencedBy }) => referencedBy.has(name)));
      return [
        ...provided.filter((name) => !rootTypes.includes(name) || types.get(name) !== undefined),
        ...defined,
        ...specified,
        ...introspectionTypes.map(({ name }) => name),
      ];
    },
    implementing: (interfaceName) => {
      const names = new Set(parts.flatMap(({ implementing }) => implementing.get(interfaceName) ?? []));
      const definitions = [...names].flatMap((name) => definitionOf(types.get(name) ?? []) ?? []);
      return definitions.sort(byDefinition).map(({ node }) => node.name.value);
    },
  };
}

// By the service that defines the type, then by position in that service's document.
function byDefinition({ node, part }: OwnedNode, { node: otherNode, part: otherPart }: OwnedNode): number {
  if (part === undefined || otherPart === undefined)
    return part === otherPart ? 0 : part === undefined ? -1 : 1;
  if (part !== otherPart) return part.origin.service < otherPart.origin.service ? -1 : 1;
  const nodes: readonly OwnedNode["node"][] = part.definitions;
  return nodes.indexOf(node) - nodes.indexOf(otherNode);
}

const builtInTypes: ReadonlyMap<string, GraphQLNamedType> = new Map(
  [...specifiedScalarTypes, ...introspectionTypes].map((type) => [type.name, type]),
);

/**
 * Makes a schema that makes a type, with its resolvers, when it is first used. The schemas of graphql-js make
 * all types at once. This schema answers the same methods, and takes its source as valid.
 */
export function lazySchema(source: SchemaSource): GraphQLSchema {
  const types = new Map<string, GraphQLNamedType | undefined>(source.scalars);
  const find = (name: string): GraphQLNamedType | undefined => {
    if (types.has(name)) return types.get(name);
    const entry = source.entry(name);
    const type = entry === undefined ? builtInTypes.get(name) : makeType(entry, lookups);
    if (type !== undefined && isAbstractType(type))
      type.resolveType = typeResolverOf(type, () => possibleTypes(type), source.entry);
    // Unknown names are not kept: clients can ask for any number of them.
    if (type !== undefined) types.set(name, type);
    return type;
  };
  const lookups = {
    typeOf: (name: string): GraphQLNamedType => {
      const type = find(name);
      if (type === undefined) throw new Error(`Unknown type: "${name}".`);
      return type;
    },
    resolverOf: fieldResolverOf,
  };
  const implementations = new Map<string, ReturnType<GraphQLSchema["getImplementations"]>>();
  const getImplementations: GraphQLSchema["getImplementations"] = ({ name }) => {
    const known = implementations.get(name);
    if (known !== undefined) return known;
    const all = source.implementing(name).map(lookups.typeOf);
    const interfaces = all.filter((type) => !isObjectType(type));
    const made = { objects: all.filter(isObjectType), interfaces } as ReturnType<typeof getImplementations>;
    implementations.set(name, made);
    return made;
  };
  const possibleTypes = (
    type: Parameters<GraphQLSchema["getPossibleTypes"]>[0],
  ): readonly GraphQLObjectType[] => (isUnionType(type) ? type.getTypes() : getImplementations(type).objects);
  const rootType = (name: string): GraphQLObjectType | undefined => {
    const type = find(name);
    return isObjectType(type) ? type : undefined;
  };
  const typeMap = lazyMap(find, source.names);
  return Object.assign(new GraphQLSchema({ assumeValid: true }), {
    getQueryType: () => rootType("Query"),
    getMutationType: () => rootType("Mutation"),
    getSubscriptionType: () => rootType("Subscription"),
    getType: find,
    getTypeMap: () => typeMap,
    getImplementations,
  });
}

/** Returns a view of a schema that lists some of its types only, to validate or compare these alone. */
export function partialSchema(schema: GraphQLSchema, names: readonly string[]): GraphQLSchema {
  const types = Object.fromEntries(names.map((name) => [name, schema.getType(name)]));
  return Object.create(schema, {
    getTypeMap: { value: () => types },
    __validationErrors: { value: undefined, writable: true },
  });
}
