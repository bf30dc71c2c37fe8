import {
  type CompiledRule,
  compileFunction,
  type DescribedSchema,
  type FunctionCheck,
  type Policy,
  type PolicyInput,
  type PolicyTools,
  type Verdict,
} from "@tidegate/core-registry";
import { z } from "zod";

/** What a rule asks: a function that answers `true`. */
export interface FilterRule {
  /** The text of a function of `{ action | event, params, context, util }` (S7.4). */
  readonly filter: string;
}

const schema: DescribedSchema<FilterRule> = z.strictObject({
  filter: z
    .string({ error: "A filter is the text of a function." })
    .min(1, "A filter is the text of a function, not empty."),
});

const allowed: Verdict = { allowed: true };
const denied: Verdict = { allowed: false, reason: "The filter answered false." };

/**
 * Makes the policy `filter` (S7.4): a rule passes when its function answers `true`. A throw, a timeout or another type
 * denies and is reported to the fragment's nodes. Whom another text lets pass cannot be told without running it.
 */
export function filter(): Policy<FilterRule> {
  return { contract: 1, key: "filter", members: ["filter"], schema, compile, compare: () => "unclear" };
}

function compile(rule: FilterRule, tools: PolicyTools): CompiledRule {
  const compiled = compileFunction(rule.filter, "filter", tools);
  // An error was told, and refuses the fragment; until then nobody passes.
  if (compiled === undefined) return { decide: () => denied, memo: "never", reads: [], asks: rule.filter };
  const { check, run } = compiled;
  const reads = contextReads(check.reads, tools.contexts);
  const verdictOf = (result: unknown): Verdict => {
    if (result === true) return allowed;
    if (result === false) return denied;
    const reason = `The filter answered ${kindOf(result)}; only true passes.`;
    tools.reportRuntime({
      severity: "error",
      code: "FILTER_RESULT",
      jsonPath: "filter",
      message: reason,
      expected: "true or false",
    });
    return { allowed: false, reason };
  };
  return {
    decide: (input) => {
      const result = run.call(argumentOf(input, check.reads, reads));
      return result instanceof Promise ? result.then(verdictOf) : verdictOf(result);
    },
    memo: check.volatile ? "request" : "identity",
    reads,
    readsParams: readsMember(check.reads, "params"),
    asks: rule.filter,
  };
}

function argumentOf(
  { kind, name, params, scope }: PolicyInput,
  reads: FunctionCheck["reads"],
  contexts: readonly string[],
): Record<string, unknown> {
  const argument: Record<string, unknown> = { [kind === "call" ? "action" : "event"]: name };
  if (readsMember(reads, "params")) argument.params = params;
  if (readsMember(reads, "context")) argument.context = scope.context.views(contexts);
  return argument;
}

function readsMember(reads: FunctionCheck["reads"], member: string): boolean {
  return reads === "all" || reads.some((path) => path.length === 0 || path[0] === member);
}

/** The context values that a text reads: those that it names, all where that cannot be told (S2.6). */
function contextReads(reads: FunctionCheck["reads"], contexts: readonly string[]): readonly string[] {
  if (!readsMember(reads, "context")) return [];
  if (reads === "all") return contexts;
  const named = reads.filter((path) => path.length === 0 || path[0] === "context").map((path) => path[1]);
  return named.includes(undefined) ? contexts : contexts.filter((name) => named.includes(name));
}

function kindOf(result: unknown): string {
  if (result === null) return "null";
  return Array.isArray(result) ? "a list" : `a value of type ${typeof result}`;
}
