/*
 * The policy gate decides whether a connector can call an action, or send or receive an event (S7):
 *
 * 1. `compilePolicyGate` compiles the rules of a fragment, once per fragment (policy-rules.ts).
 * 2. `rulesFor` selects the rules whose patterns match a name. The selection is cached per name.
 * 3. `check` runs the checks of the selected rules in order; within a rule, in the configured order of the
 *    policies:
 *    a. it prepares the context values that the policy reads,
 *    b. it takes the verdict from the request's cache or lets the policy decide; an error of the policy is a
 *       denial,
 *    c. it sends the verdict to the trace,
 *    d. it ends at the first denial with UNAUTHENTICATED, FORBIDDEN or the policy's own code.
 *
 * All steps are synchronous where they can be: a promise is returned only where a context value or policy is
 * asynchronous.
 */
import type { Verdict } from "../../contracts/call-scope.ts";
import type { RuleDescription } from "../../contracts/connector.ts";
import { type ErrorCode, errorCodes, isTidegateError, TidegateError } from "../../contracts/errors.ts";
import type { AccessKind } from "../../contracts/policy.ts";
import type { Scope } from "../../contracts/scope.ts";
import { isPluginError, type PluginName, pluginError, reasonOf } from "../boundary/guard.ts";
import type { UsedLifecycle } from "../boundary/lifecycle.ts";
import type { LoadedPolicy, LoadedRule } from "../boundary/load-policy.ts";
import type { PolicyPart } from "../fragment/policy-schema.ts";
import { chain, plainKey } from "../values.ts";
import { compileRules, type GateRule, type PolicyGateTools, type RuleCheck } from "./policy-rules.ts";

/** The compiled rules of one fragment (S7). */
export interface PolicyGate {
  /** Whether the fragment has `policy.owner: true` (S7.2). */
  readonly owner: boolean;
  /** All rules of the fragment, in order. */
  readonly rules: readonly GateRule[];
  /** What the rules have to start before the gate is used. */
  readonly lifecycles: readonly UsedLifecycle[];
  /**
   * Selects the rules for an action or event; undefined where none apply.
   * @param name a name, or a pattern of events: then all rules apply whose patterns overlap it (S7.2)
   * @param phase the checks to run; default `all`
   */
  rulesFor(kind: AccessKind, name: string, phase?: CheckPhase): NameRules | undefined;
}

/**
 * The checks that run at one moment. Calls and sent events run `all`. A subscription runs
 * - `subscribe` when it begins: the checks that read no params, because there is no event yet;
 * - `firstEvent` for the first event of each name: those of them whose verdict holds for all events of the
 *   name;
 * - `everyEvent` for each event: all other checks.
 */
export type CheckPhase = "all" | "subscribe" | "firstEvent" | "everyEvent";

/** The rules that apply to one name. */
export interface NameRules {
  /** The rules as data, in order. */
  readonly rules: readonly RuleDescription[];
  /**
   * Checks all rules in order. Returns undefined where they allow the access at once, otherwise a promise.
   * @throws {TidegateError} `UNAUTHENTICATED`, `FORBIDDEN`, or the code of a policy; also as a rejection
   */
  check(params: unknown, scope: Scope): Promise<void> | undefined;
}

/** The gate of a fragment that has no rules. */
export const emptyPolicyGate: PolicyGate = {
  owner: false,
  rules: [],
  lifecycles: [],
  rulesFor: () => undefined,
};

/** The maximum number of names per gate whose rules are cached. Functions can compute any number of names. */
const maxCachedNames = 1_000;

/**
 * Compiles the rules of a fragment (S7.2).
 *
 * @param part validated by `policySchema`
 * @param policies in the configured order
 */
export async function compilePolicyGate(
  part: PolicyPart | undefined,
  policies: readonly LoadedPolicy[],
  tools: PolicyGateTools,
): Promise<PolicyGate> {
  const rules = await compileRules(part ?? {}, policies, tools);
  const owner = part?.owner === true;
  if (rules.length === 0) return owner ? { ...emptyPolicyGate, owner } : emptyPolicyGate;
  // Not an LRU cache: it would reserve memory for all names, and there is one gate per fragment.
  const cache = new Map<string, { readonly selected: NameRules | undefined }>();
  return {
    owner,
    rules,
    lifecycles: rules.flatMap(lifecyclesOf),
    rulesFor: (kind, name, phase = "all") => {
      const key = `${kind} ${phase} ${name}`;
      let cached = cache.get(key);
      if (cached === undefined) {
        cached = { selected: selectRules(rules, kind, name, phase, tools) };
        if (cache.size >= maxCachedNames) cache.clear();
        cache.set(key, cached);
      }
      return cached.selected;
    },
  };
}

function lifecyclesOf({ checks }: GateRule): UsedLifecycle[] {
  return checks.flatMap(({ compiled }) =>
    compiled.lifecycle.isNeeded ? [{ lifecycle: compiled.lifecycle, users: [compiled] }] : [],
  );
}

function selectRules(
  rules: readonly GateRule[],
  kind: AccessKind,
  name: string,
  phase: CheckPhase,
  tools: ReportTools,
): NameRules | undefined {
  const matching = rules.filter((rule) => rule.kind === kind && rule.matches(name));
  const checks = matching.flatMap((rule) =>
    rule.checks
      .filter(({ compiled }) => belongsTo(phase, compiled))
      .map((check): NameCheck => ({ ...check, kind, name, rule: rule.description })),
  );
  if (matching.length === 0 || (phase !== "all" && checks.length === 0)) return undefined;
  return {
    rules: matching.map((rule) => rule.description),
    check: (params, scope) => runChecks(checks, 0, params, scope, tools),
  };
}

function belongsTo(phase: CheckPhase, { readsParams, cache }: LoadedRule): boolean {
  const holdsForName = !readsParams && cache === "identity";
  if (phase === "subscribe") return !readsParams;
  if (phase === "firstEvent") return holdsForName;
  return phase === "all" || !holdsForName;
}

/** The check of one policy for one name. */
interface NameCheck extends RuleCheck {
  readonly kind: AccessKind;
  readonly name: string;
  readonly rule: RuleDescription;
}

type ReportTools = Pick<PolicyGateTools, "reportRuntime" | "pluginFailed">;

function runChecks(
  checks: readonly NameCheck[],
  first: number,
  params: unknown,
  scope: Scope,
  tools: ReportTools,
): Promise<void> | undefined {
  for (let index = first; index < checks.length; index++) {
    const check = checks[index];
    const pending = check === undefined ? undefined : runCheck(check, params, scope, tools);
    if (pending !== undefined) return pending.then(() => runChecks(checks, index + 1, params, scope, tools));
  }
  return undefined;
}

function runCheck(
  check: NameCheck,
  params: unknown,
  scope: Scope,
  tools: ReportTools,
): Promise<void> | undefined {
  const { reads } = check.compiled;
  const pending = reads.length === 0 ? undefined : scope.context.prepare(reads);
  return pending === undefined
    ? requireAllowed(check, params, scope, tools)
    : pending.then(() => requireAllowed(check, params, scope, tools));
}

function requireAllowed(
  check: NameCheck,
  params: unknown,
  scope: Scope,
  tools: ReportTools,
): Promise<void> | undefined {
  const { cache } = check.compiled;
  const verdict =
    cache === "never" ? decide(check, params, scope, tools) : cachedVerdict(check, params, scope, tools);
  return verdict instanceof Promise
    ? verdict.then((resolved) => applyVerdict(check, resolved, scope))
    : applyVerdict(check, verdict, scope);
}

/** The maximum number of verdicts of one check that a request caches. */
const maxCachedVerdicts = 256;

function cachedVerdict(
  check: NameCheck,
  params: unknown,
  scope: Scope,
  tools: ReportTools,
): Verdict | Promise<Verdict> {
  const key = plainKey(params);
  if (key === undefined) return decide(check, params, scope, tools);
  const verdicts = scope.memo(check, () => new Map<string, Verdict | Promise<Verdict>>());
  const cached = verdicts.get(key);
  if (cached !== undefined) return cached;
  const verdict = decide(check, params, scope, tools);
  if (verdicts.size < maxCachedVerdicts) verdicts.set(key, verdict);
  return verdict;
}

/**
 * Lets the policy decide. An error is a denial (S7.4): that of a function is reported to the service, that of
 * the policy is logged by the gateway.
 */
function decide(
  check: NameCheck,
  params: unknown,
  scope: Scope,
  tools: ReportTools,
): Verdict | Promise<Verdict> {
  const { kind, name, policy, compiled, jsonPath } = check;
  const deniedByError = (error: unknown): Verdict => {
    const reason = reasonOf(error);
    if (isFunctionError(error))
      tools.reportRuntime({
        severity: "error",
        code: error.code,
        jsonPath,
        message: `The policy ${policy} failed for ${name}, so access was denied: ${error.message}`,
        requestId: scope.correlation.requestId,
        hint: "A rule that fails denies access. Fix it, and publish the fragment again.",
      });
    else
      tools.pluginFailed?.(
        isPluginError(error) ? error : pluginError(pluginOf(policy), "decide", reason, error),
      );
    return { allowed: false, reason };
  };
  try {
    const verdict = compiled.decide({ kind, name, params, scope });
    return verdict instanceof Promise ? verdict.catch(deniedByError) : verdict;
  } catch (error) {
    return deniedByError(error);
  }
}

function pluginOf(name: string): PluginName {
  return { kind: "policy", name };
}

/** Whether the text of a function failed, or what the policy read of the request: no fault of the policy. */
function isFunctionError(error: unknown): error is TidegateError {
  return isTidegateError(error) && error.code !== "PLUGIN_FAILED" && error.code !== "INTERNAL";
}

function applyVerdict(check: NameCheck, verdict: Verdict, scope: Scope): Promise<never> | undefined {
  const { description } = check.rule;
  const described = description === undefined ? verdict : { ...verdict, rule: description };
  scope.trace?.({ at: "gate", name: check.name, verdict: described });
  return verdict.allowed ? undefined : deny(described, scope);
}

// The client receives the rule's description, never its text or the reason (S7.5).
function deny(verdict: Verdict, scope: Scope): Promise<never> {
  return chain(scope.context.get("auth"), (auth): never => {
    const isAuthenticated = auth !== undefined && auth !== null;
    const defaultCode = isAuthenticated ? "FORBIDDEN" : "UNAUTHENTICATED";
    const code = isErrorCode(verdict.code) ? verdict.code : defaultCode;
    const message =
      verdict.rule === undefined ? errorCodes[code].title : `Refused by this rule: ${verdict.rule}`;
    throw new TidegateError(code, message, {
      ...(verdict.retryAfter === undefined ? {} : { retryAfter: verdict.retryAfter }),
      ...(verdict.reason === undefined ? {} : { cause: new Error(verdict.reason) }),
    });
  });
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(errorCodes, code);
}
