import type { FunctionCheck, FunctionProblem, SourceLocation } from "@tidegate/core-registry";
import { full } from "acorn-walk";
import { knownNames, type ResolvedNames, resolveNames } from "./names.ts";
import { type ParsedFunction, parseFunction } from "./parse.ts";
import type { Path } from "./paths.ts";
import { freeNameHint, locationAt, parametersHint, problemAt } from "./problems.ts";
import { type Purity, purityOf } from "./purity.ts";
import { readsOf } from "./reads.ts";

/** The result of checking a source, with the parts that running it needs. */
export interface CheckedFunction {
  readonly check: FunctionCheck;
  /** Absent where the check found an error. */
  readonly parsed?: ParsedFunction;
  /** True where the function can look for `util` in its argument (S7.4). */
  readonly takesUtil: boolean;
}

/**
 * Finds out everything about a source that can be known without running it (S11.3). Never throws.
 *
 * @param utilPurity purity of all functions in `util` together
 */
export function checkFunction(source: string, utilPurity: Purity): CheckedFunction {
  const parsed = parseFunction(source);
  if ("severity" in parsed) return failedCheck(parsed);
  try {
    return analyse(parsed, utilPurity);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = "The source is nested too deeply";
    return failedCheck(problemAt(source, 0, { severity: "error", code: "FUNCTION_SYNTAX", message }));
  }
}

function failedCheck(problem: FunctionProblem): CheckedFunction {
  const check = { ok: false, problems: [problem], reads: "all", sync: false, volatile: true } as const;
  return { check, takesUtil: false };
}

function analyse(parsed: ParsedFunction, utilPurity: Purity): CheckedFunction {
  const { program, source } = parsed;
  const names = resolveNames(program);
  const problems = [...parameterProblems(parsed), ...freeNameProblems(parsed, names)];
  const { paths: reads, places } = readsOf(parsed, names);
  const locate = (path: Path): SourceLocation | undefined => {
    const offset = places.offsetOf(path);
    return offset === undefined ? undefined : locationAt(source, offset - parsed.offset);
  };
  const check = { ok: true, problems, reads, locate, ...purityOf(parsed, names, utilPurity) };
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

/** Warns once of every name that neither the source declares nor the sandbox has (S11.3). */
function freeNameProblems(parsed: ParsedFunction, names: ResolvedNames): FunctionProblem[] {
  const typeofOperands = operandsOfTypeof(parsed);
  const reported = new Set<string>();
  return names.free.flatMap((identifier) => {
    const { name } = identifier;
    if (knownNames.has(name) || reported.has(name) || typeofOperands.has(identifier)) return [];
    reported.add(name);
    return [
      problemAt(parsed.source, identifier.start - parsed.offset, {
        severity: "warning",
        code: "FUNCTION_FREE_NAME",
        message: `The name "${name}" does not exist in the sandbox`,
        hint: freeNameHint(name),
      }),
    ];
  });
}

/** `typeof process` tests whether the name exists, so it needs no warning. */
function operandsOfTypeof({ node }: ParsedFunction): ReadonlySet<object> {
  const operands = new Set<object>();
  full(node, (inner) => {
    if (inner.type === "UnaryExpression" && inner.operator === "typeof") operands.add(inner.argument);
  });
  return operands;
}
