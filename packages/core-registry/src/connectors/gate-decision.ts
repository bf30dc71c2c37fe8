import type { RuleDescription } from "../contracts/connector.ts";
import type { AccessKind, CompiledRule } from "../contracts/policy.ts";
import type { Scope } from "../contracts/scope.ts";
import type { Verdict } from "../contracts/verdict.ts";
import { type ErrorCode, errorCodes, TidegateError } from "../errors.ts";
import { chain } from "./chain.ts";
import type { FunctionTools } from "./function.ts";
import { plainKey } from "./plain-key.ts";

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
