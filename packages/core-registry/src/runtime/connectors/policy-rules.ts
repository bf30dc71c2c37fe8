import type { RuleDescription } from "../../contracts/connector.ts";
import type { Json } from "../../contracts/json.ts";
import type { AccessKind, CompiledRule, Policy, PolicyTools } from "../../contracts/policy.ts";
import type { Finding, Origin } from "../../contracts/report.ts";
import { jsonPath } from "../fragment/json-path.ts";
import {
  guardedKinds,
  namesMember,
  ownMembers,
  type PolicyPart,
  type PolicyRule,
} from "../fragment/policy-schema.ts";
import { nameMatcher, overlaps } from "../names.ts";
import type { FunctionTools } from "./function.ts";

/** One rule, compiled. */
export interface GateRule {
  /** What it guards. */
  readonly kind: AccessKind;
  /** Whether one of its patterns matches a name, or overlaps a pattern (S7.2). */
  binds(name: string): boolean;
  /** What it asks, in the policies' order. */
  readonly asks: readonly RuleAsk[];
  /** It, as data. */
  readonly description: RuleDescription;
}

/** What a rule asks of one policy. */
export interface RuleAsk {
  /** The policy's key. */
  readonly policy: string;
  /** The policy's share of the rule. */
  readonly compiled: CompiledRule;
  /** Where it stands in the fragment: `policy.call[0].filter`. */
  readonly jsonPath: string;
}

/** Compiles all rules of a fragment in the order in which they are written. Problems are told. */
export async function compileRules(
  part: PolicyPart,
  policies: readonly Policy[],
  tools: PolicyGateTools,
): Promise<GateRule[]> {
  const rules: GateRule[] = [];
  for (const kind of guardedKinds) {
    for (const [index, rule] of (part[kind] ?? []).entries()) {
      rules.push(await compileRule(rule, kind, jsonPath([kind, index], "policy"), policies, tools));
    }
  }
  return rules;
}

async function compileRule(
  rule: PolicyRule,
  kind: AccessKind,
  place: string,
  policies: readonly Policy[],
  tools: PolicyGateTools,
): Promise<GateRule> {
  const asks: RuleAsk[] = [];
  for (const policy of policies) {
    const own = ownMembers(rule, policy);
    if (own === undefined) continue;
    const compiled = await compileAsk(own, kind, place, policy, tools);
    const [member = ""] = Object.keys(own);
    if (compiled !== undefined) asks.push({ policy: policy.key, compiled, jsonPath: below(place, member) });
  }
  warnOfSwitchedOff(rule, place, tools);
  const asked: Record<string, Json> = Object.fromEntries(asks.map((ask) => [ask.policy, ask.compiled.asks]));
  return {
    kind,
    binds: binder(rule[namesMember(kind)] ?? []),
    asks,
    description: {
      ...(rule.description === undefined ? {} : { description: rule.description }),
      origin: { ...tools.origin, jsonPath: place },
      names: rule[namesMember(kind)] ?? [],
      asks: asked,
    },
  };
}

function binder(patterns: readonly string[]): GateRule["binds"] {
  const matchers = patterns.map(nameMatcher);
  return (name) =>
    name.includes("*")
      ? patterns.some((pattern) => overlaps(pattern, name))
      : matchers.some((matches) => matches(name));
}

async function compileAsk(
  own: Readonly<Record<string, unknown>>,
  kind: AccessKind,
  place: string,
  policy: Policy,
  tools: PolicyGateTools,
): Promise<CompiledRule | undefined> {
  const checked = await policy.schema["~standard"].validate(own);
  if (checked.issues !== undefined) return undefined;
  try {
    return await policy.compile(checked.value, policyTools(kind, place, tools));
  } catch (error) {
    tools.addFinding({
      severity: "error",
      code: "POLICY_FAILED",
      jsonPath: place,
      message: `The policy ${policy.key} cannot compile this rule: ${error instanceof Error ? error.message : String(error)}`,
    });
    return undefined;
  }
}

function policyTools(kind: AccessKind, place: string, tools: PolicyGateTools): PolicyTools {
  const placed = (finding: Finding): Finding => ({ ...finding, jsonPath: below(place, finding.jsonPath) });
  return {
    kind,
    origin: { ...tools.origin, jsonPath: place },
    sandbox: tools.sandbox,
    contexts: tools.contexts,
    addFinding: (finding) => tools.addFinding(placed(finding)),
    reportRuntime: (finding) => tools.reportRuntime(placed(finding)),
    console: (message) => tools.console({ ...message, jsonPath: below(place, message.jsonPath) }),
  };
}

function below(place: string, relative: string): string {
  if (relative === "") return place;
  return relative.startsWith("[") ? `${place}${relative}` : `${place}.${relative}`;
}

function warnOfSwitchedOff(rule: PolicyRule, place: string, tools: PolicyGateTools): void {
  for (const policy of tools.off ?? []) {
    const member = policy.members.find((each) => Object.hasOwn(rule, each));
    if (member === undefined) continue;
    tools.addFinding({
      severity: "warning",
      code: "POLICY_OFF",
      jsonPath: below(place, member),
      message: `The policy ${policy.key} is switched off in this gateway: what it asks here passes.`,
    });
  }
}

/** What a gate is compiled with. */
export interface PolicyGateTools extends FunctionTools {
  /** Whose fragment it is. */
  readonly origin: Pick<Origin, "service" | "hash">;
  /** Names of all context values that there are. */
  readonly contexts: readonly string[];
  /** Policies that were switched off by option: what they ask passes, with a warning (S1.2). Default none. */
  readonly off?: readonly Policy[];
}
