import {
  type CompiledRule,
  type DescribedSchema,
  definePolicy,
  type FunctionCheck,
  type KnownValue,
  type Policy,
  type PolicyInput,
  type PolicyTools,
  type Verdict,
} from "@tidegate/core-registry";
import { compileFunction, memberFindings } from "@tidegate/core-registry/runtime";
import { z } from "zod";

/** The members of a rule: a function that returns `true` to allow access. */
export interface FilterRule {
  /** The text of a function of `{ action | event, params, context, util }` (S7.4). */
  readonly filter: string;
}

const schema: DescribedSchema<FilterRule> = z.strictObject({
  filter: z
    .string({ error: "A filter must be the text of a function." })
    .min(1, "A filter must be the text of a function, not an empty string."),
});

const allowed: Verdict = { allowed: true };
const denied: Verdict = { allowed: false, reason: "The filter returned false." };

/**
 * Creates the policy `filter` (S7.4). A rule passes if its function returns `true`. A throw, a timeout or a
 * value of another type denies access, and the nodes of the service get a report. Changes are
 * always `unclear`: the text of a function does not show which clients it allows.
 */
export function filter(): Policy<FilterRule> {
  return definePolicy({ name: "filter", members: ["filter"], schema, compile });
}

function compile(rule: FilterRule, tools: PolicyTools): CompiledRule {
  const compiled = compileFunction(rule.filter, "filter", tools);
  // The finding of `compileFunction` refuses the fragment. A rule that is used nevertheless denies access.
  if (compiled === undefined) return { decide: () => false };
  const { check, run } = compiled;
  for (const finding of memberFindings(check, knownArgument(tools), "filter")) tools.addFinding(finding);
  const reads = contextReads(check.reads, tools.contexts);
  const verdictOf = (result: unknown, { scope }: PolicyInput): Verdict => {
    if (result === true) return allowed;
    if (result === false) return denied;
    const reason = `The filter returned ${describe(result)}: only true allows access.`;
    tools.reportRuntime({
      severity: "error",
      code: "FILTER_RESULT",
      jsonPath: "filter",
      message: reason,
      expected: "true or false",
      requestId: scope.correlation.requestId,
    });
    return { allowed: false, reason };
  };
  return {
    decide: (input) => {
      const result = run.call(argumentOf(input, check.reads, reads));
      return result instanceof Promise
        ? result.then((value) => verdictOf(value, input))
        : verdictOf(result, input);
    },
    cache: check.volatile ? "request" : "identity",
    reads,
    readsParams: readsMember(check.reads, "params"),
    requirements: rule.filter,
  };
}

// What `argumentOf` returns. The sandbox adds `util` itself.
function knownArgument({ kind, contexts }: PolicyTools): KnownValue {
  const context = Object.fromEntries(contexts.map((name): [string, KnownValue] => [name, "any"]));
  return { [kind === "call" ? "action" : "event"]: "scalar", params: "any", context };
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

/** The context values that a function reads (S2.6): all if its text does not name them. */
function contextReads(reads: FunctionCheck["reads"], contexts: readonly string[]): readonly string[] {
  if (!readsMember(reads, "context")) return [];
  if (reads === "all") return contexts;
  const names = reads.filter((path) => path.length === 0 || path[0] === "context").map((path) => path[1]);
  return names.includes(undefined) ? contexts : contexts.filter((name) => names.includes(name));
}

function describe(result: unknown): string {
  if (result === null) return "null";
  return Array.isArray(result) ? "a list" : `a value of type ${typeof result}`;
}
