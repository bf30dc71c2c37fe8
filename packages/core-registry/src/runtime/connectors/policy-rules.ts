import type { RuleDescription } from "../../contracts/connector.ts";
import type { Json } from "../../contracts/json.ts";
import type { AccessKind, PolicyTools } from "../../contracts/policy.ts";
import type { Finding, Origin } from "../../contracts/report.ts";
import { isPluginError, reasonOf } from "../boundary/guard.ts";
import type { LoadedPolicy, LoadedRule } from "../boundary/load-policy.ts";
import { jsonPath } from "../fragment/issues.ts";
import {
  accessKinds,
  namesMember,
  ownMembers,
  type PolicyPart,
  type PolicyRule,
} from "../fragment/policy-schema.ts";
import { nameMatcher, overlaps } from "../names.ts";
import type { FunctionTools } from "./function.ts";

/** The tools with which the rules of a fragment are compiled. */
export interface PolicyGateTools extends FunctionTools {
  readonly origin: Pick<Origin, "service" | "hash">;
  readonly contexts: readonly string[];
  /** Context values that no client has: rules that read one get a warning. Default none. */
  readonly missingIdentities?: readonly string[];
  /**
   * Policies that the configuration disables: their requirements are not checked, with a warning (S1.2).
   * Default none.
   */
  readonly disabledPolicies?: readonly LoadedPolicy[];
  /** Receives the failures of plugins, which the gateway logs. Default: they are dropped. */
  pluginFailed?(error: unknown): void;
}

/** One rule of a fragment, compiled with all of its policies. */
export interface GateRule {
  readonly kind: AccessKind;
  /** Whether one of the rule's patterns matches a name, or overlaps a pattern (S7.2). */
  matches(name: string): boolean;
  /** The checks of its policies, in the configured order of the policies. */
  readonly checks: readonly RuleCheck[];
  readonly description: RuleDescription;
  /** Whether it has a member of a policy, also of one that the configuration disables. */
  readonly hasCondition: boolean;
  /** Whether its conditions let every client pass: access is open on purpose. */
  readonly allowsAll: boolean;
}

/** The check of one policy in a rule. */
export interface RuleCheck {
  readonly policy: string;
  readonly compiled: LoadedRule;
  /** The JSON path of the policy's member, such as `policy.call[0].filter`. */
  readonly jsonPath: string;
}

/** Compiles all rules of a fragment in their order. Adds findings for problems. */
export async function compileRules(
  part: PolicyPart,
  policies: readonly LoadedPolicy[],
  tools: PolicyGateTools,
): Promise<GateRule[]> {
  const rules: GateRule[] = [];
  for (const kind of accessKinds) {
    for (const [index, rule] of (part[kind] ?? []).entries()) {
      rules.push(await compileRule(rule, kind, jsonPath([kind, index], "policy"), policies, tools));
    }
  }
  return rules;
}

async function compileRule(
  rule: PolicyRule,
  kind: AccessKind,
  path: string,
  policies: readonly LoadedPolicy[],
  tools: PolicyGateTools,
): Promise<GateRule> {
  const checks: RuleCheck[] = [];
  for (const policy of policies) {
    const members = ownMembers(rule, policy);
    if (members === undefined) continue;
    const compiled = await compileMembers(members, kind, path, policy, tools);
    const [member = ""] = Object.keys(members);
    if (compiled === undefined) continue;
    checks.push({ policy: policy.name, compiled, jsonPath: joinPaths(path, member) });
    warnAboutMissingIdentity(compiled, path, member, tools);
  }
  warnAboutDisabledPolicies(rule, path, tools);
  const names = rule[namesMember(kind)] ?? [];
  const requirements: Record<string, Json> = Object.fromEntries(
    checks.map(({ policy, compiled }) => [policy, compiled.requirements]),
  );
  return {
    kind,
    matches: nameTest(names),
    checks,
    allowsAll: checks.length > 0 && checks.every(({ compiled }) => compiled.allowsAll),
    hasCondition: Object.keys(rule).some(
      (member) => member !== "description" && member !== namesMember(kind),
    ),
    description: {
      ...(rule.description === undefined ? {} : { description: rule.description }),
      origin: { ...tools.origin, jsonPath: path },
      names,
      requirements,
    },
  };
}

function nameTest(patterns: readonly string[]): GateRule["matches"] {
  const matchers = patterns.map(nameMatcher);
  return (name) =>
    name.includes("*")
      ? patterns.some((pattern) => overlaps(pattern, name))
      : matchers.some((matches) => matches(name));
}

async function compileMembers(
  members: Readonly<Record<string, unknown>>,
  kind: AccessKind,
  path: string,
  policy: LoadedPolicy,
  tools: PolicyGateTools,
): Promise<LoadedRule | undefined> {
  const checked = await policy.schema["~standard"].validate(members);
  // The finding of the schema refuses the fragment.
  if (checked.issues !== undefined) return undefined;
  try {
    return await policy.compile(checked.value, jsonOf(members), policyTools(kind, path, tools));
  } catch (error) {
    if (isPluginError(error)) tools.pluginFailed?.(error);
    tools.addFinding(pluginFinding(error, path));
    return undefined;
  }
}

function policyTools(kind: AccessKind, path: string, tools: PolicyGateTools): PolicyTools {
  const inRule = (finding: Finding): Finding => ({ ...finding, jsonPath: joinPaths(path, finding.jsonPath) });
  return {
    kind,
    origin: { ...tools.origin, jsonPath: path },
    sandbox: tools.sandbox,
    contexts: tools.contexts,
    addFinding: (finding) => tools.addFinding(inRule(finding)),
    reportRuntime: (finding) => tools.reportRuntime(inRule(finding)),
    console: (message) => tools.console({ ...message, jsonPath: joinPaths(path, message.jsonPath) }),
  };
}

/** Describes the failure of a plugin as a finding that refuses the fragment (S17). */
export function pluginFinding(error: unknown, jsonPath: string): Finding {
  return {
    severity: "error",
    code: "PLUGIN_FAILED",
    jsonPath,
    message: reasonOf(error),
    hint: "This is a fault of the gateway's plugin, not of the fragment. Report it to the operator.",
  };
}

// The members come from a fragment, which is JSON.
function jsonOf(members: Readonly<Record<string, unknown>>): Json {
  return JSON.parse(JSON.stringify(members));
}

function joinPaths(path: string, relative: string): string {
  if (relative === "") return path;
  return relative.startsWith("[") ? `${path}${relative}` : `${path}.${relative}`;
}

function warnAboutMissingIdentity(
  { reads }: LoadedRule,
  path: string,
  member: string,
  { contexts, missingIdentities = [], addFinding }: PolicyGateTools,
): void {
  // A rule that can read every context value does not name this one.
  if (contexts.length > 1 && contexts.every((each) => reads.includes(each))) return;
  const name = missingIdentities.find((each) => reads.includes(each));
  if (name === undefined) return;
  addFinding({
    severity: "warning",
    code: "AUTH_MISSING",
    jsonPath: joinPaths(path, member),
    message: `\`${member}\` reads \`${name}\`, but this gateway authenticates nobody: every client is anonymous.`,
    hint: "Configure `server.context.auth` of the gateway, or remove the rule.",
  });
}

function warnAboutDisabledPolicies(rule: PolicyRule, path: string, tools: PolicyGateTools): void {
  for (const policy of tools.disabledPolicies ?? []) {
    const member = policy.members.find((each) => Object.hasOwn(rule, each));
    if (member === undefined) continue;
    tools.addFinding({
      severity: "warning",
      code: "POLICY_OFF",
      jsonPath: joinPaths(path, member),
      message: `The policy ${policy.name} is disabled in this gateway, so \`${member}\` is not checked.`,
    });
  }
}
