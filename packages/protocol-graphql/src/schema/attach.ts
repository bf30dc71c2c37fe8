import {
  type Connector,
  isOpaque,
  renewBatches,
  type Scope,
  type SubscribeConnector,
  TidegateError,
} from "@tidegate/core-registry";
import {
  type GraphQLAbstractType,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  isAbstractType,
  isObjectType,
} from "graphql";
import type { TypeResolvers } from "../definitions/resolvers.ts";
import { FieldSources } from "../execution/sources.ts";
import { isFileOrStream } from "../execution/streams.ts";
import { discard } from "./discard.ts";

/** What a schema knows beside what GraphQL has a place for. */
export interface Attached {
  /** What the fields of `Subscription` receive. */
  readonly subscriptions: ReadonlyMap<string, SubscribeConnector>;
  /** Abstract types whose members a function tells, and so by a promise: graphql-jit cannot wait for it. */
  readonly slow: ReadonlySet<string>;
}

/** Gives a schema its resolvers. What waits is not in the schema, and its resolvers are left out. */
export function attachResolvers(
  schema: GraphQLSchema,
  all: readonly ReadonlyMap<string, TypeResolvers>[],
): Attached {
  const subscriptions = new Map<string, SubscribeConnector>();
  const resolveTypes = new Map<string, Connector>();
  const isTypeOfs = new Map<string, Connector>();
  attachVersion(schema);
  guardPropertyNames(schema);
  for (const resolvers of all) {
    for (const [name, { fields, resolveType, isTypeOf }] of resolvers) {
      if (resolveType !== undefined) resolveTypes.set(name, resolveType);
      if (isTypeOf !== undefined) isTypeOfs.set(name, isTypeOf);
      const type = schema.getType(name);
      if (!isObjectType(type)) continue;
      for (const [field, connector] of fields) {
        const target = type.getFields()[field];
        if (target === undefined) continue;
        if ("accept" in connector) subscriptions.set(field, connector);
        else target.resolve = type.name === "Mutation" ? serialResolver(connector) : fieldResolver(connector);
      }
    }
  }
  const slow = new Set<string>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isAbstractType(type)) continue;
    const members = schema.getPossibleTypes(type).flatMap(({ name }): [string, Connector][] => {
      const isTypeOf = isTypeOfs.get(name);
      return isTypeOf === undefined ? [] : [[name, isTypeOf]];
    });
    const own = resolveTypes.get(type.name);
    if (own !== undefined || members.length > 0) slow.add(type.name);
    type.resolveType = typeResolver(type, own, members);
  }
  return { subscriptions, slow };
}

function attachVersion(schema: GraphQLSchema): void {
  const field = schema.getQueryType()?.getFields()._version;
  const resolve: GraphQLFieldResolver<unknown, Scope> = (_source, _args, scope) => scope.version.slice(0, 8);
  if (field !== undefined) field.resolve = resolve;
}

// `constructor`, `toString` and the like are properties of everything: as fields they are only what the data has.
function guardPropertyNames(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const [name, field] of Object.entries(type.getFields())) {
      if (!(name in Object.prototype)) continue;
      field.resolve = (source: unknown) => ownProperty(source, name);
    }
  }
}

function ownProperty(source: unknown, name: string): unknown {
  return typeof source === "object" && source !== null && Object.hasOwn(source, name)
    ? Reflect.get(source, name)
    : undefined;
}

function fieldResolver(connector: Connector): GraphQLFieldResolver<unknown, Scope> {
  return (source, args, scope, info) => {
    const value = connector.run(scope, new FieldSources(source, args, info));
    return value instanceof Promise ? value.then(noStream) : noStream(value);
  };
}

// Each serial field of a mutation is a batch of its own (S5.4).
function serialResolver(connector: Connector): GraphQLFieldResolver<unknown, Scope> {
  const resolve = fieldResolver(connector);
  return (source, args, scope, info) => {
    renewBatches(scope);
    return resolve(source, args, scope, info);
  };
}

function noStream(value: unknown): unknown {
  if (!isOpaque(value) || !isFileOrStream(value)) return value;
  discard(value);
  throw new TidegateError("REPLY_INVALID", "The action answered with a stream, which GraphQL cannot send.");
}

// S5.2: the type's own function, else what the value says, else the first type that says that it is its own.
function typeResolver(
  type: GraphQLAbstractType,
  own: Connector | undefined,
  members: readonly (readonly [name: string, isTypeOf: Connector])[],
): GraphQLTypeResolver<unknown, Scope> {
  return (source, scope, info) => {
    const sources = new FieldSources(source, {}, info);
    if (own !== undefined) return nameOf(own.run(scope, sources), type);
    const said = ownProperty(source, "__typename");
    if (typeof said === "string" || members.length === 0) return typeof said === "string" ? said : undefined;
    return firstOf(members, scope, sources);
  };
}

function nameOf(value: unknown, type: GraphQLAbstractType): string | undefined | Promise<string | undefined> {
  if (value instanceof Promise) return value.then((name: unknown) => nameOf(name, type));
  if (typeof value === "string" || value === undefined || value === null) return value ?? undefined;
  throw new TidegateError("REPLY_INVALID", `\`__resolveType\` of ${type.name} gave no name of a type.`);
}

async function firstOf(
  members: readonly (readonly [name: string, isTypeOf: Connector])[],
  scope: Scope,
  sources: FieldSources,
): Promise<string | undefined> {
  for (const [name, isTypeOf] of members) if ((await isTypeOf.run(scope, sources)) === true) return name;
  return undefined;
}
