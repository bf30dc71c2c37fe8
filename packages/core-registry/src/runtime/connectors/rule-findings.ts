import type { AccessKind } from "../../contracts/policy.ts";
import type { Finding } from "../../contracts/report.ts";
import { namesMember } from "../fragment/policy-schema.ts";
import { nameMatcher, overlaps } from "../names.ts";
import { knownNames } from "../params/known-values.ts";
import type { PolicyGate } from "./policy-gate.ts";
import type { GateRule } from "./policy-rules.ts";
import type { ReachedNames } from "./reached-names.ts";

/** What rules are checked against. */
export interface RuleCheckInput {
  readonly gate: Pick<PolicyGate, "rules" | "owner">;
  readonly service: string;
  /** What the connectors of the fragment reach; undefined where that is not known. */
  readonly reached: ReachedNames | undefined;
  /** The members of rules that belong to policies, for messages. */
  readonly conditions: readonly string[];
}

/** The maximum number of names that each pattern with stars is compared with. */
const maxNames = 1_000;
const verbs: Readonly<Record<AccessKind, string>> = {
  call: "calls an action",
  publish: "sends an event",
  subscribe: "receives an event",
};

/**
 * Finds the rules of a fragment that mean nothing (S1.2): rules without a condition, and patterns that match
 * nothing that the fragment's connectors reach.
 */
export function ruleFindings({ gate, service, reached, conditions }: RuleCheckInput): Finding[] {
  return gate.rules.flatMap((rule): Finding[] => {
    // With `policy.owner`, the rules apply wherever actions of the service are called (S7.2).
    const isOfOwner = (pattern: string): boolean =>
      gate.owner && rule.kind === "call" && overlaps(pattern, `${service}.**`);
    const names = reached?.of(rule.kind);
    return [
      ...(rule.hasCondition ? [] : [emptyRule(rule, conditions)]),
      ...(names === undefined ? [] : unmatchedPatterns(rule, names, isOfOwner)),
    ];
  });
}

function emptyRule({ description: { origin } }: GateRule, conditions: readonly string[]): Finding {
  return {
    severity: "warning",
    code: "RULE_WITHOUT_CONDITION",
    jsonPath: origin.jsonPath,
    message: "The rule has no condition, so it lets every client pass.",
    ...(conditions.length === 0
      ? {}
      : { expected: `one of ${conditions.map((name) => `\`${name}\``).join(", ")}` }),
  };
}

function unmatchedPatterns(
  { kind, description }: GateRule,
  reached: ReadonlySet<string>,
  isOfOwner: (pattern: string) => boolean,
): Finding[] {
  const { names: patterns, origin } = description;
  const unmatched = patterns
    .map((pattern, index) => ({ pattern, jsonPath: `${origin.jsonPath}.${namesMember(kind)}[${index}]` }))
    .filter(({ pattern }) => !isOfOwner(pattern) && !matchesAny(pattern, reached));
  const effect = unmatched.length === patterns.length ? ", so the rule has no effect" : "";
  return unmatched.map(({ pattern, jsonPath }) => {
    const { hint } = knownNames(pattern, [...new Set(candidates(pattern, reached))]);
    return {
      severity: "warning",
      code: "RULE_MATCHES_NOTHING",
      jsonPath,
      message: `No connector of this fragment ${verbs[kind]} that matches \`${pattern}\`${effect}.`,
      found: pattern,
      hint: hint ?? "A rule applies to the connectors of its own fragment.",
    };
  });
}

function matchesAny(pattern: string, reached: ReadonlySet<string>): boolean {
  if (reached.has(pattern)) return true;
  const matches = nameMatcher(pattern);
  let compared = 0;
  for (const name of reached) {
    // A fragment with so many names is not worth the time: a missing warning hurts less than a slow merge.
    if (++compared > maxNames) return true;
    if (name.includes("*") ? overlaps(pattern, name) : matches(name)) return true;
  }
  return false;
}

/** The pattern with the segments of each name in place of its own, where it then matches the name. */
function* candidates(pattern: string, reached: ReadonlySet<string>): Iterable<string> {
  const own = pattern.split(".");
  const rest = own.indexOf("**");
  for (const name of reached) {
    const segments = name.split(".");
    if (rest === -1 ? segments.length !== own.length : segments.length < own.length) continue;
    const shift = segments.length - own.length;
    const candidate = own
      .map((segment, index) =>
        segment.includes("*") ? segment : segments[rest !== -1 && index > rest ? index + shift : index],
      )
      .join(".");
    if (nameMatcher(candidate)(name)) yield candidate;
  }
}
