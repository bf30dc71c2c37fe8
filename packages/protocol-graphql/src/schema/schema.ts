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
import type { TypeEntry } from "./composition.ts";
import { lazyMap } from "./lazy-map.ts";
import { fieldResolverOf, typeResolverOf } from "./resolve.ts";
import { makeType } from "./types.ts";

/** What a schema is made of. Asked for when somebody asks the schema. */
export interface SchemaSource {
  /** What is said of a type. */
  entry(name: string): TypeEntry | undefined;
  /** The names of all types that are defined, in the order of their definitions. Asked for once. */
  names(): readonly string[];
  /** The types that implement an interface, in that order. */
  implementing(name: string): readonly string[];
  /** The scalars that the gateway provides. */
  readonly scalars: ReadonlyMap<string, GraphQLScalarType>;
}

// graphql's own schemas make all types at once; this one answers the same questions, one type at a time.
const alwaysKnown: ReadonlyMap<string, GraphQLNamedType> = new Map(
  [...specifiedScalarTypes, ...introspectionTypes].map((type) => [type.name, type]),
);

/** A schema that makes a type, with its resolvers, when it is first asked for. It is taken as valid. */
export function schemaOf(source: SchemaSource): GraphQLSchema {
  const types = new Map<string, GraphQLNamedType | undefined>(source.scalars);
  const find = (name: string): GraphQLNamedType | undefined => {
    if (types.has(name)) return types.get(name);
    const entry = source.entry(name);
    const made = entry === undefined ? alwaysKnown.get(name) : makeType(entry, around);
    if (made !== undefined && isAbstractType(made))
      made.resolveType = typeResolverOf(made, () => possible(made), source.entry);
    // What is not there is not kept: anybody may ask for any name.
    if (made !== undefined) types.set(name, made);
    return made;
  };
  const around = {
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
    const all = source.implementing(name).map(around.typeOf);
    const made = {
      objects: all.filter(isObjectType),
      interfaces: all.filter((type) => !isObjectType(type)) as ReturnType<
        GraphQLSchema["getImplementations"]
      >["interfaces"],
    };
    implementations.set(name, made);
    return made;
  };
  const possible = (type: Parameters<GraphQLSchema["getPossibleTypes"]>[0]): readonly GraphQLObjectType[] =>
    isUnionType(type) ? type.getTypes() : getImplementations(type).objects;
  const root = (name: string): GraphQLObjectType | undefined => {
    const type = find(name);
    return isObjectType(type) ? type : undefined;
  };
  const typeMap = lazyMap(find, source.names);
  return Object.assign(new GraphQLSchema({ assumeValid: true }), {
    getQueryType: () => root("Query"),
    getMutationType: () => root("Mutation"),
    getSubscriptionType: () => root("Subscription"),
    getType: find,
    getTypeMap: () => typeMap,
    getImplementations,
  });
}

/** The part of a schema that some names make up, to be checked by itself. */
export function schemaPart(schema: GraphQLSchema, names: readonly string[]): GraphQLSchema {
  const types = Object.fromEntries(names.map((name) => [name, schema.getType(name)]));
  return Object.create(schema, {
    getTypeMap: { value: () => types },
    __validationErrors: { value: undefined, writable: true },
  });
}
