import {
  type AccessKind,
  type CompiledRule,
  type Finding,
  isTidegateError,
  type Policy,
  type PolicyTools,
  type Sandbox,
  type Scope,
  type Verdict,
} from "@tidegate/core-registry";
import { knownFunctions } from "../known-functions.ts";
import { requestScope } from "../scopes.ts";
import type { Check, CheckContext } from "../suite/check.ts";
import { accepted } from "../suite/schema.ts";
import { ruleProblem, verdictProblem } from "./shape.ts";

/** One access, as an example of a rule. `{}` is an access without params and context values. */
export interface AccessExample {
  /** The name of the action or event. Default `example.run`. */
  readonly name?: string;
  readonly params?: unknown;
  /** The context values, by name. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** The code that the denial must have. Default: any known code, or none. */
  readonly code?: string;
}

/** A rule with the accesses that it allows and denies. */
export interface RuleExample {
  /** The members of the rule that belong to the policy. */
  readonly rule: unknown;
  /** What the rule applies to. Default `call`. */
  readonly kind?: AccessKind;
  /** Decided in this order, and before `denies`: a rule can count. */
  readonly allows?: readonly AccessExample[];
  readonly denies?: readonly AccessExample[];
}

/** A policy under test, as `testPolicy` receives it. */
export interface PolicySuite {
  /** The title of the suite. Default: `the policy NAME fulfils its contract`. */
  readonly name?: string;
  /** Creates the policy. Each check has one of its own. */
  readonly make: () => Policy;
  readonly rules: readonly RuleExample[];
  /** Rules that the schema, or an error among the findings of `compile`, refuses. Default none. */
  readonly invalidRules?: readonly unknown[];
  /** Changes of a rule, with the result of `compare`. Default: only what all policies have in common. */
  readonly changes?: readonly RuleChange[];
  /** Runs the functions of rules. Default: one that knows no function. */
  readonly sandbox?: Sandbox;
  /** The names of all context values of the gateway. Default: those of the examples. */
  readonly contexts?: readonly string[];
  /** The limit of each check in milliseconds. Default 5,000. */
  readonly timeout?: number;
}

/** A changed rule, and how it changes access. */
export interface RuleChange {
  readonly before: unknown;
  readonly after: unknown;
  readonly access: "wider" | "narrower" | "unclear";
}

/** A check of the contract of policies. */
export type PolicyCheck = Check<PolicySuite>;

/** A rule that `compile` returned, with what it reported. */
export interface TestedRule {
  readonly compiled: CompiledRule;
  readonly findings: readonly Finding[];
}

/** The names of all context values of a suite. */
export function contextsOf({ contexts, rules }: PolicySuite): readonly string[] {
  const named = rules.flatMap(({ allows = [], denies = [] }) =>
    [...allows, ...denies].flatMap(({ context = {} }) => Object.keys(context)),
  );
  return contexts ?? [...new Set(named)].sort();
}

/** Validates and compiles a rule, and fails where its shape is wrong. */
export async function compileRule(
  suite: PolicySuite,
  check: CheckContext,
  policy: Policy,
  { rule, kind = "call" }: RuleExample,
): Promise<TestedRule> {
  const input = await accepted(check, policy.schema, rule, "rule");
  const findings: Finding[] = [];
  const tools = policyTools(suite, kind, findings);
  check.clause("Compiles one rule, within the time limit.");
  const compiled: unknown = await check.wait(
    Promise.try(() => policy.compile(input, tools)),
    "compile() returns a rule",
  );
  check.ok(ruleProblem(compiled) === undefined, "compile() returns a compiled rule", ruleProblem(compiled));
  return { compiled: compiled as CompiledRule, findings };
}

/** Creates and starts a policy, and disposes it at the end of the check. */
export async function startedPolicy(suite: PolicySuite, check: CheckContext): Promise<Policy> {
  const policy = suite.make();
  check.onEnd(() => policy.dispose?.());
  check.clause("Opens what all rules share. Called once, before the gateway merges.");
  await check.wait(
    Promise.try(() => policy.start?.()),
    "start() of the policy resolves",
  );
  return policy;
}

/**
 * Compiles and starts a rule that is an example: it has no findings with errors. Disposes it at the end of
 * the check.
 *
 * @param policy default: a new one
 */
export async function compileExample(
  suite: PolicySuite,
  check: CheckContext,
  example: RuleExample,
  policy?: Policy,
): Promise<CompiledRule> {
  const used = policy ?? (await startedPolicy(suite, check));
  const { compiled, findings } = await compileRule(suite, check, used, example);
  check.clause("Reports problems with `tools.addFinding`.");
  check.equal(
    findings.filter(({ severity }) => severity === "error"),
    [],
    `the list of errors of the example ${JSON.stringify(example.rule)}`,
  );
  check.onEnd(() => compiled.dispose?.());
  check.clause(
    "Opens what the rule needs. Called once, before the first version that uses the rule is served.",
  );
  await check.wait(
    Promise.try(() => compiled.start?.()),
    "start() of the rule resolves",
  );
  return compiled;
}

/** Creates the tools of a compile, which collect findings. */
export function policyTools(suite: PolicySuite, kind: AccessKind, findings: Finding[]): PolicyTools {
  return {
    kind,
    origin: { service: "example", hash: "a".repeat(32), jsonPath: `policy.${kind}[0]` },
    sandbox: suite.sandbox ?? knownFunctions(),
    contexts: contextsOf(suite),
    addFinding: (finding) => void findings.push(finding),
    reportRuntime: () => undefined,
    console: () => undefined,
  };
}

/**
 * Decides about one access. An error with a code is a denial. Any other error fails, and so does a value that
 * is no verdict.
 */
export async function decide(
  check: CheckContext,
  compiled: CompiledRule,
  { name = "example.run", params, context = {} }: AccessExample,
  kind: AccessKind = "call",
  scope: Scope = requestScope(context),
): Promise<Verdict> {
  check.clause(
    "Decides about one access. Returns a verdict or a boolean, also for input that no one expects.",
  );
  const decided = Promise.try((): unknown => compiled.decide({ kind, name, params, scope }));
  const verdict = await check.wait(
    decided.catch((error: unknown) => {
      if (!isTidegateError(error)) throw error;
      return { allowed: false, code: error.code };
    }),
    `decide() returns a verdict for params ${preview(params)} and context ${preview(context)}`,
  );
  check.ok(verdictProblem(verdict) === undefined, "decide() returns a verdict", verdictProblem(verdict));
  return typeof verdict === "boolean" ? { allowed: verdict } : (verdict as Verdict);
}

/** Formats a value for a sentence: at most 80 characters. */
export function preview(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
