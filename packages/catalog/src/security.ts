import type { ConnectorDescription, Json, JsonObject, RuleDescription } from "@tidegate/core-registry";

/** Alternatives beyond this many are not spelt out. */
const alternativesLimit = 64;

/** How clients say who they are, as OpenAPI and AsyncAPI write it. */
export const securitySchemes: JsonObject = { bearer: { type: "http", scheme: "bearer" } };

/**
 * What an operation asks of who calls it. A `scope` rule is met by any one of its scopes (S7.3), and all rules must be met
 * (S7.2): each way to do so is one alternative. What only a function decides may pass without a token too.
 */
export function operationSecurity(connectors: readonly ConnectorDescription[]): readonly JsonObject[] {
  if (connectors.some(({ rules }) => rules === undefined)) return [{}, { bearer: [] }];
  const rules = connectors.flatMap((connector) => connector.rules ?? []);
  if (rules.length === 0) return [];
  const choices = rules.map(scopesOf).filter((scopes) => scopes.length > 0);
  if (choices.length === 0) return [{}, { bearer: [] }];
  return combinations(choices).map((scopes) => ({ bearer: scopes }));
}

/** The rules that guard an operation as their authors describe them. Never their functions. */
export function ruleDescriptions(connectors: readonly ConnectorDescription[]): readonly string[] {
  const rules = connectors.flatMap((connector) => connector.rules ?? []);
  return [...new Set(rules.flatMap(({ description }) => (description === undefined ? [] : [description])))];
}

function combinations(choices: readonly (readonly string[])[]): readonly string[][] {
  const count = choices.reduce((product, scopes) => product * scopes.length, 1);
  if (count > alternativesLimit) return [[]];
  return choices.reduce<string[][]>(
    (ways, scopes) => ways.flatMap((way) => scopes.map((scope) => [...new Set([...way, scope])])),
    [[]],
  );
}

function scopesOf({ asks }: RuleDescription): readonly string[] {
  const scopes = asks.scope;
  const listed: readonly Json[] = Array.isArray(scopes) ? scopes : [];
  const names = listed.filter((scope) => typeof scope === "string");
  return names.includes("**") ? [] : names;
}
