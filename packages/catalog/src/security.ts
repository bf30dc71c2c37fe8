import type { ConnectorDescription, Json, JsonObject, RuleDescription } from "@tidegate/core-registry";

/** An operation with more alternatives only requires a token, without scopes. */
const maxAlternatives = 64;

/** The security schemes of OpenAPI and AsyncAPI documents. */
export const securitySchemes: JsonObject = { bearer: { type: "http", scheme: "bearer" } };

/**
 * The security requirements of an operation. One scope satisfies a `scope` rule (S7.3), and a client has to
 * satisfy all rules (S7.2): each combination is one alternative. A rule without scopes possibly admits
 * clients without a token.
 */
export function operationSecurity(connectors: readonly ConnectorDescription[]): readonly JsonObject[] {
  if (connectors.some(({ rules }) => rules === undefined)) return [{}, { bearer: [] }];
  const rules = rulesOf(connectors);
  if (rules.length === 0) return [];
  const choices = rules.map(scopesOf).filter((scopes) => scopes.length > 0);
  if (choices.length === 0) return [{}, { bearer: [] }];
  return combineScopes(choices).map((scopes) => ({ bearer: scopes }));
}

/** The descriptions of the rules that apply to an operation. Functions of rules stay hidden. */
export function ruleDescriptions(connectors: readonly ConnectorDescription[]): readonly string[] {
  const descriptions = rulesOf(connectors).flatMap(({ description }) =>
    description === undefined ? [] : [description],
  );
  return [...new Set(descriptions)];
}

/** All rules of an operation's connectors. */
export function rulesOf(connectors: readonly ConnectorDescription[]): readonly RuleDescription[] {
  return connectors.flatMap((connector) => connector.rules ?? []);
}

function combineScopes(choices: readonly (readonly string[])[]): readonly string[][] {
  const count = choices.reduce((product, scopes) => product * scopes.length, 1);
  if (count > maxAlternatives) return [[]];
  return choices.reduce<string[][]>(
    (combinations, scopes) =>
      combinations.flatMap((combination) => scopes.map((scope) => [...new Set([...combination, scope])])),
    [[]],
  );
}

function scopesOf({ requirements }: RuleDescription): readonly string[] {
  const listed: readonly Json[] = Array.isArray(requirements.scope) ? requirements.scope : [];
  const names = listed.filter((scope) => typeof scope === "string");
  return names.includes("**") ? [] : names;
}
