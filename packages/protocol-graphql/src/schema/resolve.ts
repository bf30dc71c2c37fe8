import {
  type Connector,
  isOpaque,
  resetBatches,
  type Scope,
  type SubscribeConnector,
  TidegateError,
} from "@tidegate/core-registry";
import type {
  GraphQLAbstractType,
  GraphQLFieldResolver,
  GraphQLObjectType,
  GraphQLTypeResolver,
} from "graphql";
import type { TypeResolvers } from "../definitions/resolvers.ts";
import { FieldSources } from "../execution/sources.ts";
import { isFileOrStream } from "../execution/streams.ts";
import type { EntryOf, Piece, TypeEntry } from "./composition.ts";
import { discard } from "./discard.ts";

type FieldResolver = GraphQLFieldResolver<unknown, Scope>;

/** What makes the value of a field, as the part that defines it says (S5.2). Undefined: the property of its name. */
export function fieldResolverOf(type: string, field: string, piece: Piece): FieldResolver | undefined {
  if (piece.live === undefined) return type === "Query" && field === "_version" ? versionName : undefined;
  const connector = resolversOf(type, piece)?.fields.get(field);
  if (connector !== undefined && !("accept" in connector))
    return type === "Mutation" ? serialResolver(connector) : fieldResolver(connector);
  // `constructor`, `toString` and the like are properties of everything: as fields they are only what the data has.
  return field in Object.prototype ? (source) => ownProperty(source, field) : undefined;
}

/** What a field of `Subscription` receives. */
export function subscriptionOf(entry: TypeEntry | undefined, field: string): SubscribeConnector | undefined {
  for (const piece of entry ?? []) {
    const connector = resolversOf("Subscription", piece)?.fields.get(field);
    if (connector !== undefined && "accept" in connector) return connector;
  }
  return undefined;
}

/**
 * What tells the type of an abstract type's value (S5.2): its own function, else what the value says, else the first type
 * that says that it is its own.
 * @param possible its members
 */
export function typeResolverOf(
  type: GraphQLAbstractType,
  possible: () => readonly GraphQLObjectType[],
  entryOf: EntryOf,
): GraphQLTypeResolver<unknown, Scope> {
  const own = typeFunction(type.name, entryOf(type.name), "resolveType");
  let members: readonly Member[] | undefined;
  return (source, scope, info) => {
    const sources = new FieldSources(source, {}, info);
    if (own !== undefined) return nameOf(own.run(scope, sources), type);
    const said = ownProperty(source, "__typename");
    if (typeof said === "string") return said;
    members ??= membersOf(possible(), entryOf);
    return members.length === 0 ? undefined : firstOf(members, scope, sources);
  };
}

/** Whether functions tell the members of an abstract type, and so by a promise: graphql-jit cannot wait for it. */
export function isToldByFunctions(
  type: GraphQLAbstractType,
  possible: readonly GraphQLObjectType[],
  entryOf: EntryOf,
): boolean {
  const own = typeFunction(type.name, entryOf(type.name), "resolveType");
  return own !== undefined || membersOf(possible, entryOf).length > 0;
}

type Member = readonly [name: string, isTypeOf: Connector];

function membersOf(possible: readonly GraphQLObjectType[], entryOf: EntryOf): readonly Member[] {
  return possible.flatMap(({ name }): Member[] => {
    const isTypeOf = typeFunction(name, entryOf(name), "isTypeOf");
    return isTypeOf === undefined ? [] : [[name, isTypeOf]];
  });
}

function typeFunction(
  type: string,
  entry: TypeEntry | undefined,
  which: "resolveType" | "isTypeOf",
): Connector | undefined {
  for (const piece of entry ?? []) {
    const made = resolversOf(type, piece)?.[which];
    if (made !== undefined) return made;
  }
  return undefined;
}

function resolversOf(type: string, { live }: Piece): TypeResolvers | undefined {
  return live?.part.compiled.data?.types.get(type);
}

const versionName: FieldResolver = (_source, _args, scope) => scope.version.slice(0, 8);

function ownProperty(source: unknown, name: string): unknown {
  return typeof source === "object" && source !== null && Object.hasOwn(source, name)
    ? Reflect.get(source, name)
    : undefined;
}

function fieldResolver(connector: Connector): FieldResolver {
  return (source, args, scope, info) => {
    const value = connector.run(scope, new FieldSources(source, args, info));
    return value instanceof Promise ? value.then(noStream) : noStream(value);
  };
}

// Each serial field of a mutation is a batch of its own (S5.4).
function serialResolver(connector: Connector): FieldResolver {
  const resolve = fieldResolver(connector);
  return (source, args, scope, info) => {
    resetBatches(scope);
    return resolve(source, args, scope, info);
  };
}

function noStream(value: unknown): unknown {
  if (!isOpaque(value) || !isFileOrStream(value)) return value;
  discard(value);
  throw new TidegateError("REPLY_INVALID", "The action answered with a stream, which GraphQL cannot send.");
}

function nameOf(value: unknown, type: GraphQLAbstractType): string | undefined | Promise<string | undefined> {
  if (value instanceof Promise) return value.then((name: unknown) => nameOf(name, type));
  if (typeof value === "string" || value === undefined || value === null) return value ?? undefined;
  throw new TidegateError("REPLY_INVALID", `\`__resolveType\` of ${type.name} gave no name of a type.`);
}

async function firstOf(
  members: readonly Member[],
  scope: Scope,
  sources: FieldSources,
): Promise<string | undefined> {
  for (const [name, isTypeOf] of members) if ((await isTypeOf.run(scope, sources)) === true) return name;
  return undefined;
}
