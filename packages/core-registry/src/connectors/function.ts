import type { Finding, Origin } from "../contracts/finding.ts";
import type { CheckedFunction } from "../contracts/protocol.ts";
import type { ConsoleMessage, FunctionProblem, Sandbox } from "../contracts/sandbox.ts";

/** What compiling a function needs. */
export interface FunctionTools {
  /** Whose function it is. */
  readonly origin: Pick<Origin, "service">;
  /** Runs it. */
  readonly sandbox: Sandbox;
  /** Takes what is wrong with its text. */
  addFinding(finding: Finding): void;
  /** Takes what goes wrong while it is in use. */
  reportRuntime(finding: Finding): void;
  /** Takes what it writes to its console. */
  console(message: ConsoleMessage): void;
}

/**
 * Checks and compiles the text of a function (S11.3). Every problem becomes a finding with its place in the text;
 * undefined where one of them is an error.
 *
 * @param jsonPath where the text stands
 */
export function compileFunction(
  source: string,
  jsonPath: string,
  tools: FunctionTools,
): CheckedFunction | undefined {
  const check = tools.sandbox.check(source);
  for (const problem of check.problems) tools.addFinding(problemFinding(problem, jsonPath));
  if (!check.ok) return undefined;
  const run = tools.sandbox.compile(source, {
    label: `${tools.origin.service} ${jsonPath}`,
    service: tools.origin.service,
    console: (message) => tools.console({ ...message, jsonPath }),
    onLimitExceeded: (error) => tools.reportRuntime(failureFinding(error, jsonPath)),
  });
  return { check, run };
}

/** A failure of a function while it was in use, as its developer is told it. */
export function failureFinding(error: unknown, jsonPath: string): Finding {
  const code = error instanceof Error && "code" in error ? String(error.code) : "FUNCTION_THREW";
  return {
    severity: "error",
    code,
    jsonPath,
    message: error instanceof Error ? error.message : String(error),
  };
}

function problemFinding(problem: FunctionProblem, jsonPath: string): Finding {
  const { severity, code, message, hint, line, column, frame } = problem;
  return { severity, code, jsonPath, message, line, column, frame, ...(hint === undefined ? {} : { hint }) };
}
