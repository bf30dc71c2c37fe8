import type { FunctionCheck, FunctionProblem } from "@tidegate/core-registry";
import { freeNameProblems } from "./free-names.ts";
import { parametersHint } from "./hints.ts";
import { namesOf } from "./names.ts";
import { type ParsedFunction, parseFunction } from "./parse.ts";
import { problemAt } from "./problem.ts";
import { type Purity, purityOf } from "./purity.ts";
import { readsOf } from "./reads.ts";

/** A text, checked, and what is needed to run it. */
export interface CheckedFunction {
  /** What is told of it. */
  readonly check: FunctionCheck;
  /** What was parsed; absent where it was refused. */
  readonly parsed?: ParsedFunction;
  /** True where it may look for `util` in its argument (S7.4). */
  readonly takesUtil: boolean;
}

/**
 * Says everything that can be known of a text without running it. Never throws.
 *
 * @param shared what is sure of the functions in `util`, all taken together
 */
export function checkFunction(source: string, shared: Purity): CheckedFunction {
  const parsed = parseFunction(source);
  if ("severity" in parsed) return refused(parsed);
  try {
    return analysed(parsed, shared);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = "The text is nested too deep";
    return refused(problemAt(source, 0, { severity: "error", code: "FUNCTION_SYNTAX", message }));
  }
}

function refused(problem: FunctionProblem): CheckedFunction {
  const check = { ok: false, problems: [problem], reads: "all", sync: false, volatile: true } as const;
  return { check, takesUtil: false };
}

function analysed(parsed: ParsedFunction, shared: Purity): CheckedFunction {
  const { program, source } = parsed;
  const names = namesOf(program);
  const problems = [...parameterProblems(parsed), ...freeNameProblems(parsed, names)];
  const reads = readsOf(parsed, names);
  const check = { ok: true, problems, reads, ...purityOf(parsed, names, shared) };
  return { check, parsed, takesUtil: reads === "all" || source.includes("util") };
}

function parameterProblems({ node, source, offset }: ParsedFunction): FunctionProblem[] {
  const second = node.params[1];
  if (second === undefined) return [];
  return [
    problemAt(source, second.start - offset, {
      severity: "warning",
      code: "FUNCTION_PARAMETERS",
      message: "The function has a second parameter, which is always undefined",
      hint: parametersHint,
    }),
  ];
}
