import type {
  ClaimEndpoint,
  Compiled,
  CompileTools,
  Connector,
  SubscribeConnector,
} from "@tidegate/core-registry";
import { canonicalJson, jsonPath } from "@tidegate/core-registry/runtime";
import type { DocumentNode } from "graphql";
import { checkDefinitions, type DefinitionRules } from "./check-definitions.ts";
import { directiveFindings } from "./check-directives.ts";
import { kindFindings } from "./check-kinds.ts";
import { claimsOf, fieldKey, interfaceFields, typeKey } from "./claims.ts";
import type { GraphQLInput } from "./input.ts";
import { limitFindings, waitingLimitFinding } from "./limits.ts";
import { textLocation } from "./location.ts";
import { parseTypeDefs, parseWithoutLocations } from "./parse.ts";
import { type CompiledResolvers, compileResolvers } from "./resolvers.ts";
import {
  fieldsOf,
  isDeprecated,
  keywordOf,
  printWithoutDescriptions,
  rootTypes,
  type TypeSystemNode,
} from "./type-nodes.ts";

/** What `compile` keeps of a fragment for `assemble`. Immutable. All versions with the fragment share it. */
export interface GraphQLData extends CompiledResolvers {
  /** Kept for the locations of messages. */
  readonly typeDefs: string;
  /** The parsed `typeDefs`. Its nodes have no locations, which saves memory. */
  readonly document: DocumentNode;
  /**
   * By claim key: the definition and the connector of each field that has one, with the policy rules that
   * apply to it, and the functions of each type. Equal texts mean equal behaviour.
   */
  readonly fingerprints: ReadonlyMap<string, string>;
}

const emptyPart: Compiled<GraphQLData> = {};

/**
 * Compiles the `GraphQL` part of one fragment (S5): claims and resolvers. Problems go to
 * `tools.addFinding`.
 */
export function compilePart(
  input: GraphQLInput,
  tools: CompileTools,
  rules: DefinitionRules,
): Compiled<GraphQLData> {
  const { typeDefs } = input;
  const path = jsonPath(["typeDefs"], tools.origin.jsonPath);
  const located = parseTypeDefs(typeDefs, tools.origin.service, path, tools.addFinding);
  if (located === undefined) return emptyPart;
  const excesses = limitFindings(located, typeDefs, path, rules);
  for (const finding of excesses) tools.addFinding(finding);
  if (excesses.length > 0) return emptyPart;
  const definitions = checkDefinitions(located, typeDefs, path, rules, tools.addFinding);
  for (const finding of [
    ...directiveFindings(definitions, typeDefs, path),
    ...kindFindings(definitions, rules.provided, typeDefs, path),
  ])
    tools.addFinding(finding);
  const resolvers = compileResolvers(input, definitions, tools);
  const claims = claimsOf(definitions, {
    typeDefs,
    jsonPath: path,
    provided: rules.provided,
    resolved: new Set(resolvers.types.keys()),
    interfaces: interfaceFields(definitions),
  });
  const tooManyWait = waitingLimitFinding(claims, path, rules.maxWaiting);
  if (tooManyWait !== undefined) {
    tools.addFinding(tooManyWait);
    return emptyPart;
  }
  const endpoints = new Map(definitions.flatMap((node) => endpointsOf(node, input, resolvers, tools)));
  warnUnresolved(definitions, input, tools);
  const document = parseWithoutLocations(typeDefs) ?? located;
  const fingerprints = fingerprintsOf(input, endpoints, resolvers, tools);
  const described = claims.map((claim) => {
    const endpoint = endpoints.get(claim.key);
    return endpoint === undefined ? claim : { ...claim, endpoint };
  });
  return { claims: described, data: { typeDefs, document, fingerprints, ...resolvers } };
}

// By claim key: the root fields, which clients select first, and the other fields with a connector.
function endpointsOf(
  node: TypeSystemNode,
  input: GraphQLInput,
  { types }: CompiledResolvers,
  tools: CompileTools,
): [key: string, endpoint: ClaimEndpoint][] {
  if (keywordOf(node) !== "type") return [];
  const type = node.name.value;
  const group =
    input.description === undefined
      ? {}
      : { group: { name: tools.origin.service, description: input.description } };
  return fieldsOf(node).flatMap((field): [string, ClaimEndpoint][] => {
    const name = field.name.value;
    const connector = types.get(type)?.fields.get(name);
    if (connector === undefined && !rootTypes.includes(type)) return [];
    const resolver = input.resolvers?.[type]?.[name];
    const description = field.description?.value;
    return [
      [
        fieldKey(type, name),
        {
          ...(description === undefined ? {} : { description }),
          ...(isDeprecated(field) ? { deprecated: true } : {}),
          connectors: connector === undefined ? [] : [connector.description],
          jsonPath: jsonPath(["resolvers", type, name], tools.origin.jsonPath),
          graphql: { type, field: name },
          ...group,
          fingerprint: canonicalJson({ field: printWithoutDescriptions(field), connector: resolver }),
        },
      ],
    ];
  });
}

function fingerprintsOf(
  input: GraphQLInput,
  endpoints: ReadonlyMap<string, ClaimEndpoint>,
  { types }: CompiledResolvers,
  tools: CompileTools,
): ReadonlyMap<string, string> {
  const fingerprints = new Map<string, string>();
  for (const [type, { __resolveType, __isTypeOf }] of Object.entries(input.resolvers ?? {}))
    fingerprints.set(typeKey(type), canonicalJson([__resolveType, __isTypeOf]));
  for (const [key, { graphql, fingerprint }] of endpoints) {
    const connector = types.get(graphql?.type ?? "")?.fields.get(graphql?.field ?? "");
    if (connector !== undefined)
      fingerprints.set(key, canonicalJson([fingerprint, ...policyRulesOf(connector, tools)]));
  }
  return fingerprints;
}

// A function can compute the names of actions and events: then all rules that can apply count, or the whole
// fragment.
function policyRulesOf(
  { description: { kind, rules, possibleRules } }: Connector | SubscribeConnector,
  { origin }: CompileTools,
): readonly unknown[] {
  if (kind === "map") return [];
  return (rules ?? possibleRules)?.map(({ requirements }) => requirements) ?? [origin.hash];
}

// Each position is looked up in the whole text.
const maxWarnings = 20;

function warnUnresolved(
  definitions: readonly TypeSystemNode[],
  { typeDefs, resolvers }: GraphQLInput,
  tools: CompileTools,
): void {
  const unresolved = definitions
    .filter((node) => keywordOf(node) === "type" && rootTypes.includes(node.name.value))
    .flatMap((node) => fieldsOf(node).map(({ name }) => ({ type: node.name.value, name })))
    .filter(({ type, name }) => resolvers?.[type]?.[name.value] === undefined);
  unresolved.slice(0, maxWarnings).forEach(({ type, name }, index) => {
    const others = unresolved.length - maxWarnings;
    const isLast = index === maxWarnings - 1 && others > 0;
    const more = isLast ? ` So are ${others} other root fields.` : "";
    tools.addFinding({
      severity: "warning",
      code: "GRAPHQL_UNRESOLVED",
      jsonPath: jsonPath(["typeDefs"], tools.origin.jsonPath),
      message: `\`${type}.${name.value}\` has no resolver, so it is always null.${more}`,
      ...textLocation(typeDefs, name.loc?.start ?? 0),
      hint: `Add a resolver at \`resolvers.${type}.${name.value}\`.`,
    });
  });
}
