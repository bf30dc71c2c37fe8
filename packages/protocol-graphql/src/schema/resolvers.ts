import { Readable } from "node:stream";
import {
  type Connector,
  type Scope,
  type Sources,
  type SubscribeConnector,
  TidegateError,
} from "@tidegate/core-registry";
import { discardStream, isOpaque, resetBatches } from "@tidegate/core-registry/runtime";
import {
  type GraphQLAbstractType,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLTypeResolver,
  Kind,
  type SelectionSetNode,
} from "graphql";
import type { TypeResolvers } from "../definitions/resolvers.ts";
import type { OwnedNode, TypeEntry, TypeLookup } from "./composition.ts";

type FieldResolver = GraphQLFieldResolver<unknown, Scope>;

/** Returns the resolver of a field (S5.2). Undefined: the field reads the property of its name. */
export function fieldResolverOf(type: string, field: string, owner: OwnedNode): FieldResolver | undefined {
  if (owner.part === undefined) return type === "Query" && field === "_version" ? versionResolver : undefined;
  const connector = resolversOf(type, owner)?.fields.get(field);
  if (connector !== undefined && !("accept" in connector))
    return type === "Mutation" ? serialResolver(connector) : connectorResolver(connector);
  // Every object inherits properties such as `constructor` and `toString`. A field reads an own property
  // only.
  return field in Object.prototype ? (source) => ownProperty(source, field) : undefined;
}

/** Returns the connector of a field of `Subscription`. */
export function subscribeConnectorOf(
  entry: TypeEntry | undefined,
  field: string,
): SubscribeConnector | undefined {
  for (const owner of entry ?? []) {
    const connector = resolversOf("Subscription", owner)?.fields.get(field);
    if (connector !== undefined && "accept" in connector) return connector;
  }
  return undefined;
}

/**
 * Returns the function that names the object type of a value of an abstract type (S5.2): by `__resolveType`
 * of the abstract type, else by the `__typename` of the value, else by the first possible type whose
 * `__isTypeOf` returns true.
 */
export function typeResolverOf(
  type: GraphQLAbstractType,
  possibleTypes: () => readonly GraphQLObjectType[],
  lookup: TypeLookup,
): GraphQLTypeResolver<unknown, Scope> {
  const resolveType = typeFunction(type.name, lookup(type.name), "resolveType");
  let isTypeOfs: readonly IsTypeOf[] | undefined;
  return (source, scope, info) => {
    const sources = new FieldSources(source, {}, info);
    if (resolveType !== undefined) return checkTypeName(resolveType.run(scope, sources), type);
    const typename = ownProperty(source, "__typename");
    if (typeof typename === "string") return typename;
    isTypeOfs ??= isTypeOfsIn(possibleTypes(), lookup);
    return isTypeOfs.length === 0 ? undefined : firstMatch(isTypeOfs, scope, sources);
  };
}

type IsTypeOf = readonly [typeName: string, isTypeOf: Connector];

function isTypeOfsIn(types: readonly GraphQLObjectType[], lookup: TypeLookup): readonly IsTypeOf[] {
  return types.flatMap(({ name }): IsTypeOf[] => {
    const isTypeOf = typeFunction(name, lookup(name), "isTypeOf");
    return isTypeOf === undefined ? [] : [[name, isTypeOf]];
  });
}

function typeFunction(
  type: string,
  entry: TypeEntry | undefined,
  name: "resolveType" | "isTypeOf",
): Connector | undefined {
  for (const owner of entry ?? []) {
    const connector = resolversOf(type, owner)?.[name];
    if (connector !== undefined) return connector;
  }
  return undefined;
}

function resolversOf(type: string, { part }: OwnedNode): TypeResolvers | undefined {
  return part?.compiled.data?.types.get(type);
}

async function firstMatch(
  isTypeOfs: readonly IsTypeOf[],
  scope: Scope,
  sources: FieldSources,
): Promise<string | undefined> {
  for (const [name, isTypeOf] of isTypeOfs) if ((await isTypeOf.run(scope, sources)) === true) return name;
  return undefined;
}

function checkTypeName(
  value: unknown,
  type: GraphQLAbstractType,
): string | undefined | Promise<string | undefined> {
  if (value instanceof Promise) return value.then((name: unknown) => checkTypeName(name, type));
  if (typeof value === "string" || value === undefined || value === null) return value ?? undefined;
  throw new TidegateError(
    "REPLY_INVALID",
    `\`__resolveType\` of ${type.name} must return the name of a type.`,
  );
}

const versionResolver: FieldResolver = (_source, _args, scope) => scope.version.slice(0, 8);

function connectorResolver(connector: Connector): FieldResolver {
  return (source, args, scope, info) => {
    const value = connector.run(scope, new FieldSources(source, args, info));
    return value instanceof Promise ? value.then(refuseStream) : refuseStream(value);
  };
}

// Fields of a mutation run one after another, so each of them is a batch of its own (S5.4).
function serialResolver(connector: Connector): FieldResolver {
  const resolve = connectorResolver(connector);
  return (source, args, scope, info) => {
    resetBatches(scope);
    return resolve(source, args, scope, info);
  };
}

// A response cannot contain a stream or a file (S5.5).
function refuseStream(value: unknown): unknown {
  if (!isOpaque(value) || !isFileOrStream(value)) return value;
  discardStream(value);
  throw new TidegateError(
    "REPLY_INVALID",
    "The action returned a stream, which a GraphQL response cannot contain.",
  );
}

function isFileOrStream(value: object): boolean {
  if (value instanceof Readable || value instanceof ReadableStream) return true;
  return "createReadStream" in value && typeof value.createReadStream === "function";
}

function ownProperty(source: unknown, name: string): unknown {
  return typeof source === "object" && source !== null && Object.hasOwn(source, name)
    ? Reflect.get(source, name)
    : undefined;
}

/**
 * What `@info` is made from: what graphql-js, graphql-jit and the start of a subscription all know of a
 * field.
 */
export type ResolveInfo = Omit<GraphQLResolveInfo, "getAbortSignal" | "getAsyncHelpers">;

/**
 * What a connector of a field can read (S3.1): `source`, `args` and `info`. `info` is made when it is first
 * read.
 */
export class FieldSources implements Sources {
  readonly [name: string]: unknown;
  readonly source: unknown;
  readonly args: unknown;
  readonly #resolveInfo: ResolveInfo;
  #info: FieldInfo | undefined;

  constructor(source: unknown, args: unknown, resolveInfo: ResolveInfo) {
    this.source = source;
    this.args = args;
    this.#resolveInfo = resolveInfo;
  }

  get info(): FieldInfo {
    this.#info ??= fieldInfo(this.#resolveInfo);
    return this.#info;
  }
}

/** The value of `@info`: the position of a field in its operation, as plain data (S2.6). */
export interface FieldInfo {
  /** The name in the schema, not the alias. */
  readonly fieldName: string;
  /** The response path: response names and list indexes from the root. */
  readonly path: readonly (string | number)[];
  readonly parentType: string;
  /** As in the schema definition language: `[Player!]!`. */
  readonly returnType: string;
  /** `kind` is `query`, `mutation` or `subscription`. */
  readonly operation: { readonly kind: string; readonly name?: string };
  /** The coerced variables of the operation. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** The selection set of the field. Fragments are replaced by their fields. */
  readonly selection: readonly SelectedField[];
}

/** One field of a selection set. */
export interface SelectedField {
  /** The name in the schema, not the alias. */
  readonly name: string;
  readonly alias?: string;
  /** The type condition of the fragment that selects the field. */
  readonly on?: string;
  readonly selection?: readonly SelectedField[];
}

function fieldInfo(info: ResolveInfo): FieldInfo {
  const name = info.operation.name?.value;
  return {
    fieldName: info.fieldName,
    path: responsePath(info.path),
    parentType: info.parentType.name,
    returnType: String(info.returnType),
    operation: { kind: info.operation.operation, ...(name === undefined ? {} : { name }) },
    variables: plainVariables(info.variableValues),
    selection: info.fieldNodes.flatMap(({ selectionSet }) =>
      selectedFields(selectionSet, info, undefined, []),
    ),
  };
}

function responsePath(path: GraphQLResolveInfo["path"] | undefined): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let at = path; at !== undefined; at = at.prev) keys.unshift(at.key);
  return keys;
}

// graphql-jit passes the coerced values themselves. graphql-js 17 passes them with the source of each value.
function plainVariables(values: object): Readonly<Record<string, unknown>> {
  const plain: unknown = "coerced" in values && "sources" in values ? values.coerced : values;
  return { ...(plain as Readonly<Record<string, unknown>>) };
}

function selectedFields(
  selectionSet: SelectionSetNode | undefined,
  info: ResolveInfo,
  on: string | undefined,
  visitedFragments: readonly string[],
): SelectedField[] {
  return (selectionSet?.selections ?? []).flatMap((node): SelectedField[] => {
    if (node.kind === Kind.INLINE_FRAGMENT)
      return selectedFields(node.selectionSet, info, node.typeCondition?.name.value ?? on, visitedFragments);
    const name = node.name.value;
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = info.fragments[name];
      if (fragment === undefined || visitedFragments.includes(name)) return [];
      const condition = fragment.typeCondition.name.value;
      return selectedFields(fragment.selectionSet, info, condition, [...visitedFragments, name]);
    }
    return [
      {
        name,
        ...(node.alias === undefined ? {} : { alias: node.alias.value }),
        ...(on === undefined ? {} : { on }),
        ...(node.selectionSet === undefined
          ? {}
          : { selection: selectedFields(node.selectionSet, info, undefined, visitedFragments) }),
      },
    ];
  });
}
