import {
  type CompileTools,
  type Connector,
  type ConnectorOptions,
  type EndpointConnectors,
  jsonPath,
  normalizeConnectors,
  type SubscribeConnector,
} from "@tidegate/core-registry";
import type { FieldResolverInput, GraphQLInput } from "../schema-input.ts";
import { fieldsOf, isExtension, type TypeNodes, wordOf } from "./definition.ts";

/** The resolvers of one type, compiled. */
export interface TypeResolvers {
  /** Of its fields. */
  readonly fields: ReadonlyMap<string, Connector | SubscribeConnector>;
  /** Names the type of a value (interfaces and unions). */
  readonly resolveType?: Connector;
  /** Says whether a value is of this type (object types). */
  readonly isTypeOf?: Connector;
}

/** A resolver for something that its fragment does not define (S5.6). */
export interface ForeignResolver {
  /** The type. */
  readonly type: string;
  /** The field, or `__resolveType`, `__isTypeOf`. */
  readonly field: string;
  /** Where it stands. */
  readonly jsonPath: string;
}

/** A fragment's resolvers, compiled. */
export interface CompiledResolvers {
  /** By type. */
  readonly types: ReadonlyMap<string, TypeResolvers>;
  /** What is refused as soon as it is known who holds it. */
  readonly foreign: readonly ForeignResolver[];
}

const sources: ConnectorOptions["sources"] = { source: "data", args: "data", info: "data" };
const typeSources: ConnectorOptions["sources"] = { source: "data", info: "data" };

/** Compiles a fragment's resolvers (S5.2). What is wrong goes to `tools.found`. */
export function compileResolvers(
  input: GraphQLInput,
  definitions: readonly TypeNodes[],
  tools: CompileTools,
): CompiledResolvers {
  const base = jsonPath(["resolvers"], tools.origin.jsonPath);
  const own = new Map<string, TypeNodes[]>();
  for (const node of definitions) own.set(node.name.value, [...(own.get(node.name.value) ?? []), node]);
  const types = new Map<string, TypeResolvers>();
  const foreign: ForeignResolver[] = [];
  for (const [type, resolvers] of Object.entries(input.resolvers ?? {})) {
    const nodes = own.get(type) ?? [];
    const fields = new Map<string, Connector | SubscribeConnector>();
    const functions: { resolveType?: Connector; isTypeOf?: Connector } = {};
    for (const [field, resolver] of Object.entries(resolvers)) {
      const place = jsonPath([type, field], base);
      if (field === "__resolveType" || field === "__isTypeOf") {
        const made = compileTypeFunction(field, resolver, nodes, place, tools);
        if (made === "foreign") foreign.push({ type, field, jsonPath: place });
        else if (made !== undefined) functions[field === "__isTypeOf" ? "isTypeOf" : "resolveType"] = made;
        continue;
      }
      const isOwn = nodes.some((node) => fieldsOf(node).some(({ name }) => name.value === field));
      if (!isOwn) foreign.push({ type, field, jsonPath: place });
      const made = compileField(type, resolver, nodes, place, tools);
      if (made !== undefined) fields.set(field, made);
    }
    types.set(type, { fields, ...functions });
  }
  return { types, foreign };
}

function compileField(
  type: string,
  resolver: FieldResolverInput | string,
  nodes: readonly TypeNodes[],
  place: string,
  tools: CompileTools,
): Connector | SubscribeConnector | undefined {
  const options: ConnectorOptions = { jsonPath: place, sources, implicit: ["args"], batching: true };
  const fault = (code: string, message: string, expected: string): undefined => {
    tools.addFinding({ severity: "error", code, jsonPath: place, message, expected });
    return undefined;
  };
  const kind = nodes[0] === undefined ? "type" : wordOf(nodes[0]);
  if (kind !== "type")
    return fault("GRAPHQL_RESOLVER_KIND", `\`${type}\` is of the kind ${kind}.`, "a field of an object type");
  const subscribe = typeof resolver === "string" ? undefined : resolver.subscribe;
  if (type === "Subscription" && subscribe === undefined)
    return fault(
      "GRAPHQL_SUBSCRIPTION",
      "A field of `Subscription` subscribes, and nothing else.",
      "`subscribe`",
    );
  if (subscribe !== undefined && type !== "Subscription")
    return fault(
      "GRAPHQL_SUBSCRIPTION",
      "Only fields of `Subscription` subscribe.",
      "`call`, `publish` or `map`",
    );
  if (subscribe !== undefined) return tools.connectors.subscribe(subscribe, options);
  const endpoint = endpointOf(resolver);
  if (endpoint?.publish !== undefined && type !== "Mutation")
    return fault(
      "GRAPHQL_PUBLISH",
      "Only fields of `Mutation` publish: all else changes nothing.",
      "`call` or `map`",
    );
  return endpoint === undefined ? undefined : tools.connectors.compile(endpoint, options);
}

function endpointOf(resolver: FieldResolverInput | string): EndpointConnectors | undefined {
  if (typeof resolver === "string") return { map: resolver, short: "map" };
  const { subscribe: _, ...connectors } = resolver;
  return normalizeConnectors(connectors, () => undefined);
}

function compileTypeFunction(
  field: "__resolveType" | "__isTypeOf",
  resolver: FieldResolverInput | string,
  nodes: readonly TypeNodes[],
  place: string,
  tools: CompileTools,
): Connector | "foreign" | undefined {
  const text = typeof resolver === "string" ? resolver : resolver.map;
  if (text === undefined) {
    tools.addFinding({
      severity: "error",
      code: "GRAPHQL_TYPE_FUNCTION",
      jsonPath: place,
      message: `\`${field}\` is a function, and nothing else.`,
      expected: "the text of a function",
    });
    return undefined;
  }
  // Its text is checked also where it is not used.
  const made = tools.connectors.compile(
    typeof resolver === "string" ? { map: text, short: "map" } : { map: text },
    { jsonPath: place, sources: typeSources, implicit: [], batching: false },
  );
  const node = nodes.find((each) => !isExtension(each)) ?? nodes[0];
  if (node === undefined) return "foreign";
  const wanted = field === "__isTypeOf" ? ["type"] : ["interface", "union"];
  if (wanted.includes(wordOf(node))) return isExtension(node) ? "foreign" : made;
  tools.addFinding({
    severity: "warning",
    code: "GRAPHQL_TYPE_FUNCTION",
    jsonPath: place,
    message: `\`${field}\` means nothing on the ${wordOf(node)} \`${node.name.value}\`: it is ignored.`,
    expected: field === "__isTypeOf" ? "an object type" : "an interface or a union",
  });
  return undefined;
}
