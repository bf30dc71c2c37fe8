import type { Verdict } from "../../contracts/call-scope.ts";
import type { RuleDescription } from "../../contracts/connector.ts";
import { type ErrorCode, errorCodes, TidegateError } from "../../contracts/errors.ts";
import type { AccessKind, CompiledRule, Policy } from "../../contracts/policy.ts";
import type { Scope } from "../../contracts/scope.ts";
import type { PolicyPart } from "../fragment/policy-schema.ts";
import { chain, plainKey } from "../values.ts";
import type { FunctionTools } from "./function.ts";
import { compileRules, type GateRule, type PolicyGateTools } from "./policy-rules.ts";

/** The rules of one fragment, compiled (S7). */
export interface PolicyGate {
  /** Whether its fragment says `policy.owner` (S7.2). */
  readonly owner: boolean;
  /**
   * What guards an action or event; undefined where nothing is to be asked.
   * @param name a name, or a pattern of events: then every rule whose pattern overlaps it guards it (S7.2)
   * @param asked which of the rules' questions. Default `all`
   */
  rulesFor(kind: AccessKind, name: string, asked?: Asked): NameRules | undefined;
}

/**
 * Which of its rules' questions a guard asks. A subscription asks some when it begins and some for each event:
 * `opening`: those that read no params; of these `lasting`: those whose answer holds for every event of one name;
 * `passing`: all but the lasting ones.
 */
export type Asked = "all" | "opening" | "lasting" | "passing";

/** The rules that match one name. */
export interface NameRules {
  /** The rules as data, in order. */
  readonly rules: readonly RuleDescription[];
  /**
   * Asks all rules in order. Undefined where they allowed it at once, else a promise.
   * @throws {TidegateError} `UNAUTHENTICATED`, `FORBIDDEN`, or the code that a policy gave; also as a rejection.
   */
  check(params: unknown, scope: Scope): Promise<void> | undefined;
}

/** A gate without rules. */
export const emptyPolicyGate: PolicyGate = { owner: false, rulesFor: () => undefined };

/** How many names made by functions a gate remembers the rules of. */
const rememberedNames = 1_000;

/**
 * Compiles a fragment's rules (S7.2): for a name all rules whose pattern matches it, in order, and in each the policies
 * in theirs. The first failure ends the evaluation.
 *
 * @param part as `policySchema` checked it
 * @param policies in the configured order
 */
export async function compilePolicyGate(
  part: PolicyPart | undefined,
  policies: readonly Policy[],
  tools: PolicyGateTools,
): Promise<PolicyGate> {
  const rules = await compileRules(part ?? {}, policies, tools);
  const owner = part?.owner === true;
  if (rules.length === 0) return owner ? { ...emptyPolicyGate, owner } : emptyPolicyGate;
  const remembered = new Map<string, { readonly guard: NameRules | undefined }>();
  return {
    owner,
    rulesFor: (kind, name, asked = "all") => {
      const key = `${kind} ${asked} ${name}`;
      let known = remembered.get(key);
      if (known === undefined) {
        known = { guard: guardOf(rules, kind, name, asked, tools) };
        // There is one for each fragment: it is no cache with room for all names from the start.
        if (remembered.size >= rememberedNames) remembered.clear();
        remembered.set(key, known);
      }
      return known.guard;
    },
  };
}

function guardOf(
  rules: readonly GateRule[],
  kind: AccessKind,
  name: string,
  asked: Asked,
  tools: PolicyGateTools,
): NameRules | undefined {
  const matching = rules.filter((rule) => rule.kind === kind && rule.binds(name));
  const checks: readonly Check[] = matching.flatMap((rule) =>
    rule.asks
      .filter(({ compiled }) => isAsked(compiled, asked))
      .map(({ policy, compiled, jsonPath }) => ({
        kind,
        name,
        policy,
        compiled,
        jsonPath,
        rule: rule.description,
      })),
  );
  if (matching.length === 0 || (asked !== "all" && checks.length === 0)) return undefined;
  const from = (index: number, params: unknown, scope: Scope): Promise<void> | undefined => {
    for (let at = index; at < checks.length; at++) {
      const check = checks[at];
      const admitted = check === undefined ? undefined : ask(check, params, scope, tools);
      if (admitted !== undefined) return admitted.then(() => from(at + 1, params, scope));
    }
    return undefined;
  };
  return {
    rules: matching.map((rule) => rule.description),
    check: (params, scope) => from(0, params, scope),
  };
}

function isAsked({ readsParams = false, memo }: CompiledRule, asked: Asked): boolean {
  const lasting = !readsParams && memo === "identity";
  if (asked === "opening") return !readsParams;
  if (asked === "lasting") return lasting;
  return asked === "all" || !lasting;
}

function ask(check: Check, params: unknown, scope: Scope, tools: PolicyGateTools): Promise<void> | undefined {
  const ready = prepare(check.compiled, scope);
  const asked =
    ready === undefined
      ? decide(check, params, scope, tools)
      : ready.then(() => decide(check, params, scope, tools));
  return asked instanceof Promise ? asked : undefined;
}

function prepare(rule: CompiledRule, scope: Scope): Promise<void> | undefined {
  return rule.reads.length === 0 ? undefined : scope.context.prepare(rule.reads);
}

/** One question to one policy about one name. */
export interface Check {
  /** What is about to happen. */
  readonly kind: AccessKind;
  /** The action or event. */
  readonly name: string;
  /** The policy's key. */
  readonly policy: string;
  /** The policy's share of the rule. */
  readonly compiled: CompiledRule;
  /** Where that stands in the fragment. */
  readonly jsonPath: string;
  /** The rule. */
  readonly rule: RuleDescription;
}

/** How many verdicts of one check a request remembers. */
const rememberedVerdicts = 256;

/**
 * Asks one policy. Nothing where it allowed it at once, else a promise. What it throws denies, and is reported (S7.4).
 * @throws {TidegateError} where it is denied, also as a rejection
 */
export function decide(
  check: Check,
  params: unknown,
  scope: Scope,
  tools: Pick<FunctionTools, "reportRuntime">,
): void | Promise<void> {
  const verdict =
    check.compiled.memo === "never"
      ? judge(check, params, scope, tools)
      : remembered(check, params, scope, tools);
  return chain(verdict, (decided): void | Promise<void> => {
    const { description } = check.rule;
    const told = description === undefined ? decided : { ...decided, rule: description };
    scope.trace?.({ at: "gate", name: check.name, verdict: told });
    return decided.allowed ? undefined : deny(told, scope);
  });
}

function judge(
  check: Check,
  params: unknown,
  scope: Scope,
  tools: Pick<FunctionTools, "reportRuntime">,
): Verdict | Promise<Verdict> {
  const failed = (error: unknown): Verdict => {
    const reason = error instanceof Error ? error.message : String(error);
    tools.reportRuntime({
      severity: "error",
      code: "POLICY_FAILED",
      jsonPath: check.jsonPath,
      message: `The policy ${check.policy} failed for ${check.name}, and so denied it: ${reason}`,
    });
    return { allowed: false, reason };
  };
  try {
    const verdict = check.compiled.decide({ kind: check.kind, name: check.name, params, scope });
    return verdict instanceof Promise ? verdict.then(strict, failed) : strict(verdict);
  } catch (error) {
    return failed(error);
  }
}

// A plugin's answer is checked once, here: only a true `allowed` allows.
function strict(verdict: Verdict): Verdict {
  if (verdict?.allowed === true) return verdict;
  return { ...verdict, allowed: false };
}

function remembered(
  check: Check,
  params: unknown,
  scope: Scope,
  tools: Pick<FunctionTools, "reportRuntime">,
): Verdict | Promise<Verdict> {
  const key = plainKey(params);
  if (key === undefined) return judge(check, params, scope, tools);
  const verdicts = scope.memo(check, () => new Map<string, Verdict | Promise<Verdict>>());
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const verdict = judge(check, params, scope, tools);
  if (verdicts.size < rememberedVerdicts) verdicts.set(key, verdict);
  return verdict;
}

// The client learns the rule's description, never its text or why (S7.5).
function deny(verdict: Verdict, scope: Scope): Promise<never> {
  return chain(scope.context.get("auth"), (auth): never => {
    const own = auth === undefined || auth === null ? "UNAUTHENTICATED" : "FORBIDDEN";
    const code = isErrorCode(verdict.code) ? verdict.code : own;
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
