import type { AccessKind } from "../../contracts/policy.ts";
import type { Finding } from "../../contracts/report.ts";
import { accessKinds, namesMember } from "../fragment/policy-schema.ts";
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

/**
 * The most comparisons of patterns with names, and the most searches for the nearest name. A missing warning
 * hurts less than a merge that a huge fragment delays.
 */
const maxComparisons = 100_000;
const maxSearches = 50;

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
  const names = reached && new NameSearch(reached);
  // With `policy.owner`, the rules apply wherever actions of the service are called (S7.2).
  const ownActions = gate.owner ? `${service}.**` : undefined;
  return gate.rules.flatMap((rule) => [
    ...(rule.hasCondition ? [] : [emptyRule(rule, conditions)]),
    ...(names === undefined ? [] : unmatchedPatterns(rule, names, ownActions)),
  ]);
}

function emptyRule({ description: { origin } }: GateRule, conditions: readonly string[]): Finding {
  const listed = conditions.map((name) => `\`${name}\``).join(", ");
  return {
    severity: "warning",
    code: "RULE_WITHOUT_CONDITION",
    jsonPath: origin.jsonPath,
    message: "The rule has no condition, so it lets every client pass.",
    ...(conditions.length === 0 ? {} : { expected: `one of ${listed}` }),
  };
}

function unmatchedPatterns(
  { kind, description: { names: patterns, origin } }: GateRule,
  names: NameSearch,
  ownActions: string | undefined,
): Finding[] {
  const isOwn = (pattern: string): boolean =>
    kind === "call" && ownActions !== undefined && overlaps(pattern, ownActions);
  const unmatched = [...patterns.entries()].filter(
    ([, pattern]) => !isOwn(pattern) && !names.canMatch(kind, pattern),
  );
  const effect = unmatched.length === patterns.length ? ", so the rule has no effect" : "";
  return unmatched.map(([index, pattern]) => ({
    severity: "warning",
    code: "RULE_MATCHES_NOTHING",
    jsonPath: `${origin.jsonPath}.${namesMember(kind)}[${index}]`,
    message: `No connector of this fragment ${verbs[kind]} that matches \`${pattern}\`${effect}.`,
    found: pattern,
    hint: names.hintFor(kind, pattern) ?? "A rule applies to the connectors of its own fragment.",
  }));
}

/** Searches the names that the connectors of a fragment reach, within limits. */
class NameSearch {
  readonly #reached: ReachedNames;
  #comparisons = 0;
  #searches = 0;

  constructor(reached: ReachedNames) {
    this.#reached = reached;
  }

  /** Whether a pattern matches a reached name; true also where that is not known. */
  canMatch(kind: AccessKind, pattern: string): boolean {
    const names = this.#reached.of(kind);
    if (names === undefined || names.has(pattern)) return true;
    const matches = nameMatcher(pattern);
    for (const name of names) {
      if (++this.#comparisons > maxComparisons) return true;
      if (name.includes("*") ? overlaps(pattern, name) : matches(name)) return true;
    }
    return false;
  }

  /** What the developer probably meant instead of a pattern that matches nothing. */
  hintFor(kind: AccessKind, pattern: string): string | undefined {
    if (++this.#searches > maxSearches) return undefined;
    const names = this.#reached.of(kind) ?? [];
    const { hint } = knownNames(pattern, [...new Set(candidates(pattern, names))]);
    return hint ?? this.#otherKindHint(kind, pattern);
  }

  // An event is sent under the rules of `publish`, and received under those of `subscribe`.
  #otherKindHint(kind: AccessKind, pattern: string): string | undefined {
    const other = accessKinds.find(
      (one) => one !== kind && this.#reached.of(one) !== undefined && this.canMatch(one, pattern),
    );
    if (other === undefined) return undefined;
    return `A connector ${verbs[other]} that matches. Did you mean a rule of \`policy.${other}\`?`;
  }
}

/** The pattern with the segments of each name in place of its own, where it then matches the name. */
function* candidates(pattern: string, names: Iterable<string>): Iterable<string> {
  const own = pattern.split(".").map((text) => ({ text, matches: nameMatcher(text) }));
  const rest = own.findIndex(({ text }) => text === "**");
  for (const name of names) {
    const segments = name.split(".");
    if (rest === -1 ? segments.length !== own.length : segments.length < own.length) continue;
    const shift = segments.length - own.length;
    const candidate = own.map(({ text, matches }, index) => {
      const segment = segments[rest !== -1 && index > rest ? index + shift : index] ?? "";
      if (!text.includes("*")) return segment;
      return matches(segment) ? text : undefined;
    });
    if (!candidate.includes(undefined)) yield candidate.join(".");
  }
}
