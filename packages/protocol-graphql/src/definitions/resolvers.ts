import type {
  CompileTools,
  Connector,
  ConnectorOptions,
  EndpointConnectors,
  SubscribeConnector,
} from "@tidegate/core-registry";
import { jsonPath, normalizeConnectors } from "@tidegate/core-registry/runtime";
import type { FieldResolverInput, GraphQLInput } from "./input.ts";
import { knownFields, knownOfType } from "./known-sources.ts";
import { fieldsOf, isExtension, keywordOf, type TypeSystemNode } from "./type-nodes.ts";

/** The compiled resolvers of one type. */
export interface TypeResolvers {
  /** The connectors of fields, by field name. */
  readonly fields: ReadonlyMap<string, Connector | SubscribeConnector>;
  /** Returns the type name of a value of an interface or a union. */
  readonly resolveType?: Connector;
  /** Returns whether a value is of an object type. */
  readonly isTypeOf?: Connector;
}

/** A resolver of a field or a type that its own fragment does not define (S5.6). */
export interface ForeignResolver {
  readonly type: string;
  /** The field, or `__resolveType` or `__isTypeOf`. */
  readonly field: string;
  readonly jsonPath: string;
}

/** The compiled resolvers of one fragment. */
export interface CompiledResolvers {
  /** The resolvers of types, by type name. */
  readonly types: ReadonlyMap<string, TypeResolvers>;
  /** Refused by `assemble`, which knows the service that defines the field or the type. */
  readonly foreignResolvers: readonly ForeignResolver[];
}

/** `__resolveType` and `__isTypeOf` have no arguments. */
const typeSources = ["source", "info"];

type TypeFunctionName = "__resolveType" | "__isTypeOf";

/** Compiles the resolvers of a fragment (S5.2). Problems go to `tools.addFinding`. */
export function compileResolvers(
  input: GraphQLInput,
  definitions: readonly TypeSystemNode[],
  tools: CompileTools,
): CompiledResolvers {
  const parentPath = jsonPath(["resolvers"], tools.origin.jsonPath);
  const knownOfField = knownFields(definitions);
  const nodesByType = Map.groupBy(definitions, (node) => node.name.value);
  const types = new Map<string, TypeResolvers>();
  const foreignResolvers: ForeignResolver[] = [];
  for (const [type, resolvers] of Object.entries(input.resolvers ?? {})) {
    const nodes = nodesByType.get(type) ?? [];
    const fields = new Map<string, Connector | SubscribeConnector>();
    const functions: { resolveType?: Connector; isTypeOf?: Connector } = {};
    for (const [field, resolver] of Object.entries(resolvers)) {
      const path = jsonPath([type, field], parentPath);
      if (field === "__resolveType" || field === "__isTypeOf") {
        const compiled = compileTypeFunction(field, resolver, nodes, path, tools);
        if (compiled === "foreign") foreignResolvers.push({ type, field, jsonPath: path });
        else if (compiled !== undefined)
          functions[field === "__isTypeOf" ? "isTypeOf" : "resolveType"] = compiled;
        continue;
      }
      if (!nodes.some((node) => fieldsOf(node).some(({ name }) => name.value === field)))
        foreignResolvers.push({ type, field, jsonPath: path });
      const compiled = compileField(type, resolver, { nodes, path, known: knownOfField(type, field) }, tools);
      if (compiled !== undefined) fields.set(field, compiled);
    }
    types.set(type, { fields, ...functions });
  }
  return { types, foreignResolvers };
}

interface FieldPlace extends Required<Pick<ConnectorOptions, "known">> {
  /** The nodes of the field's type. */
  readonly nodes: readonly TypeSystemNode[];
  /** The JSON path of the resolver. */
  readonly path: string;
}

function compileField(
  type: string,
  resolver: FieldResolverInput | string,
  { nodes, path, known }: FieldPlace,
  tools: CompileTools,
): Connector | SubscribeConnector | undefined {
  const options: ConnectorOptions = {
    jsonPath: path,
    implicit: ["args"],
    batching: true,
    known,
  };
  const refuse = (code: string, message: string, expected: string): undefined => {
    tools.addFinding({ severity: "error", code, jsonPath: path, message, expected });
  };
  const keyword = nodes[0] === undefined ? "type" : keywordOf(nodes[0]);
  if (keyword !== "type") {
    const message = `Only fields of object types have resolvers, and \`${type}\` is ${withArticle(keyword)}.`;
    return refuse("GRAPHQL_RESOLVER_KIND", message, "a field of an object type");
  }
  const subscribe = typeof resolver === "string" ? undefined : resolver.subscribe;
  if (type === "Subscription" && subscribe === undefined) {
    const message = "A field of `Subscription` must have `subscribe` and no other connector.";
    return refuse("GRAPHQL_SUBSCRIPTION", message, "`subscribe`");
  }
  if (type !== "Subscription" && subscribe !== undefined) {
    const message = "Only fields of `Subscription` can have `subscribe`.";
    return refuse("GRAPHQL_SUBSCRIPTION", message, "`call`, `publish` or `map`");
  }
  if (subscribe !== undefined) return tools.connectors.subscribe(subscribe, options);
  const connectors = endpointConnectors(resolver);
  if (connectors?.publish !== undefined && type !== "Mutation") {
    const message =
      "Only fields of `Mutation` can have `publish`: other fields must be free of side effects.";
    return refuse("GRAPHQL_PUBLISH", message, "`call` or `map`");
  }
  return connectors === undefined ? undefined : tools.connectors.compile(connectors, options);
}

function endpointConnectors(resolver: FieldResolverInput | string): EndpointConnectors | undefined {
  if (typeof resolver === "string") return { map: resolver, short: "map" };
  const { subscribe: _, ...connectors } = resolver;
  return normalizeConnectors(connectors, () => undefined);
}

/** Compiles `__resolveType` or `__isTypeOf`. Returns "foreign" if the fragment does not define the type. */
function compileTypeFunction(
  field: TypeFunctionName,
  resolver: FieldResolverInput | string,
  nodes: readonly TypeSystemNode[],
  path: string,
  tools: CompileTools,
): Connector | "foreign" | undefined {
  const text = typeof resolver === "string" ? resolver : resolver.map;
  if (text === undefined) {
    tools.addFinding({
      severity: "error",
      code: "GRAPHQL_TYPE_FUNCTION",
      jsonPath: path,
      message: `\`${field}\` must be a function.`,
      expected: "the text of a function",
    });
    return undefined;
  }
  // Compiled also where it is ignored below, so that the service gets the findings about its text.
  const compiled = tools.connectors.compile(
    typeof resolver === "string" ? { map: text, short: "map" } : { map: text },
    { jsonPath: path, sources: typeSources, known: knownOfType },
  );
  const node = nodes.find((each) => !isExtension(each)) ?? nodes[0];
  if (node === undefined) return "foreign";
  const keyword = keywordOf(node);
  const isAllowed =
    field === "__isTypeOf" ? keyword === "type" : keyword === "interface" || keyword === "union";
  if (isAllowed) return isExtension(node) ? "foreign" : compiled;
  tools.addFinding({
    severity: "warning",
    code: "GRAPHQL_TYPE_FUNCTION",
    jsonPath: path,
    message: `\`${field}\` is ignored: it has no effect on the ${keyword} \`${node.name.value}\`.`,
    expected: field === "__isTypeOf" ? "an object type" : "an interface or a union",
  });
  return undefined;
}

function withArticle(keyword: string): string {
  if (keyword === "input") return "an input type";
  return `${keyword === "union" ? "a" : "an"} ${keyword}`;
}
