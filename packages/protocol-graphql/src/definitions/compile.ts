import {
  type Claim,
  type Compiled,
  type CompileTools,
  type Connector,
  type ConnectorDescription,
  canonicalJson,
  type Endpoint,
  jsonPath,
  type SubscribeConnector,
} from "@tidegate/core-registry";
import type { DocumentNode, NameNode } from "graphql";
import type { GraphQLInput } from "../schema-input.ts";
import { checkDefinitions, rootTypes } from "./check.ts";
import { claimsOf, fieldKey, interfaceFields, typeKey } from "./claims.ts";
import { fieldsOf, isDeprecated, type TypeNodes, wordOf } from "./definition.ts";
import { normalText } from "./fingerprint.ts";
import { parseQuietly, parseTypeDefs } from "./parse.ts";
import { placeOf } from "./place.ts";
import { type CompiledResolvers, compileResolvers } from "./resolvers.ts";

/** What `compile` keeps of a fragment for `assemble`. Immutable; shared by all versions that hold the fragment. */
export interface GraphQLData extends CompiledResolvers {
  /** The text, for messages. */
  readonly typeDefs: string;
  /** The definitions, without places. */
  readonly document: DocumentNode;
  /** What makes each field with a connector what it is, rules included, and each type with functions: by claim. */
  readonly fingerprints: ReadonlyMap<string, string>;
}

/** What compiling needs of the protocol's options. */
export interface CompileSettings {
  /** How many types a fragment may define or extend. */
  readonly maxTypes: number;
  /** Types that the gateway provides. */
  readonly provided: ReadonlySet<string>;
}

const nothing: Compiled<GraphQLData> = { claims: [], endpoints: [] };

/** Compiles one fragment's part (S5): its claims, endpoints and resolvers. What is wrong goes to `tools.found`. */
export function compilePart(
  input: GraphQLInput,
  tools: CompileTools,
  settings: CompileSettings,
): Compiled<GraphQLData> {
  const { typeDefs } = input;
  const place = jsonPath(["typeDefs"], tools.origin.jsonPath);
  const located = parseTypeDefs(typeDefs, tools.origin.service, place, tools.addFinding);
  if (located === undefined) return nothing;
  const definitions = checkDefinitions(located, typeDefs, place, settings, tools.addFinding);
  const resolvers = compileResolvers(input, definitions, tools);
  const { provided } = settings;
  const resolved = new Set(resolvers.types.keys());
  const fingerprints = new Map<string, string>();
  for (const [type, { __resolveType, __isTypeOf }] of Object.entries(input.resolvers ?? {}))
    fingerprints.set(typeKey(type), canonicalJson([__resolveType, __isTypeOf]));
  const endpoints = definitions.flatMap((node) => endpointsOf(node, input, resolvers, fingerprints, tools));
  const claims: Claim[] = claimsOf(definitions, {
    typeDefs,
    jsonPath: place,
    provided,
    resolved,
    interfaces: interfaceFields(definitions),
  });
  const document: DocumentNode = parseQuietly(typeDefs) ?? located;
  return { claims, endpoints, data: { typeDefs, document, fingerprints, ...resolvers } };
}

// A client asks for root fields; other fields are worth telling where they are mapped to something.
function endpointsOf(
  node: TypeNodes,
  input: GraphQLInput,
  { types }: CompiledResolvers,
  fingerprints: Map<string, string>,
  tools: CompileTools,
): Endpoint[] {
  const type = node.name.value;
  const kind = wordOf(node);
  if (kind !== "type") return [];
  return fieldsOf(node).flatMap((field): Endpoint[] => {
    const name = field.name.value;
    const connector = types.get(type)?.fields.get(name);
    const isRoot = rootTypes.includes(type);
    if (connector === undefined && !isRoot) return [];
    const written = input.resolvers?.[type]?.[name];
    const place = jsonPath(["resolvers", type, name], tools.origin.jsonPath);
    if (written === undefined) warnUnresolved(type, field.name, input, tools);
    const description = field.description?.value;
    const fingerprint = canonicalJson({ field: normalText(field), connector: written });
    const key = fieldKey(type, name);
    if (connector !== undefined)
      fingerprints.set(key, canonicalJson([fingerprint, ...rulesOf(connector, tools)]));
    return [
      {
        protocol: "GraphQL",
        key,
        label: `${type}.${name}`,
        ...(description === undefined ? {} : { description }),
        ...(isDeprecated(field) ? { deprecated: true } : {}),
        connectors: connector === undefined ? [] : [connector.description],
        origin: { ...tools.origin, jsonPath: place },
        graphql: { type, field: name },
        group: {
          name: tools.origin.service,
          ...(input.description === undefined ? {} : { description: input.description }),
        },
        fingerprint,
      },
    ];
  });
}

// Where a function makes the names, the rules that may bind them count; where these are not known, the whole fragment.
function rulesOf(
  { description }: Connector | SubscribeConnector,
  { origin }: CompileTools,
): readonly unknown[] {
  const { rules, possibleRules, kind }: ConnectorDescription = description;
  if (kind === "map") return [];
  return (rules ?? possibleRules)?.map(({ asks }) => asks) ?? [origin.hash];
}

function warnUnresolved(
  type: string,
  field: NameNode,
  { typeDefs }: GraphQLInput,
  tools: CompileTools,
): void {
  tools.addFinding({
    severity: "warning",
    code: "GRAPHQL_UNRESOLVED",
    jsonPath: jsonPath(["typeDefs"], tools.origin.jsonPath),
    message: `\`${type}.${field.value}\` has no resolver: it is always null.`,
    ...placeOf(typeDefs, field.loc?.start ?? 0),
    hint: `Map it in \`resolvers.${type}.${field.value}\`.`,
  });
}
