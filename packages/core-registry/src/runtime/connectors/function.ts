import type { Sources } from "../../contracts/connector.ts";
import { isTidegateError } from "../../contracts/errors.ts";
import type { CheckedFunction } from "../../contracts/protocol.ts";
import type { Finding, Origin } from "../../contracts/report.ts";
import type { ConsoleMessage, FunctionCheck, FunctionProblem, Sandbox } from "../../contracts/sandbox.ts";
import type { Scope } from "../../contracts/scope.ts";
import { chain } from "../values.ts";

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

/** A function of a connector, ready to run: it is given only what its text reads (S2.6). */
export interface InlineFunction {
  /** The sources that it reads, without `context`. */
  readonly reads: readonly string[];
  /**
   * Prepares the context values that it reads, and runs it. A value where it could be had at once, else a promise.
   * @param own the values that it sees beside the sources: `response`, `params`, `event`
   */
  call(scope: Scope, sources: Sources, own: Readonly<Record<string, unknown>>): unknown;
}

/** Compiles a function of a connector. Undefined where its text has an error; that is told. */
export function compileInline(
  source: string,
  jsonPath: string,
  shape: InlineShape,
  tools: FunctionTools,
): InlineFunction | undefined {
  const compiled = compileFunction(source, jsonPath, tools);
  if (compiled === undefined) return undefined;
  const { run } = compiled;
  const reads = readsOf(compiled.check.reads, shape);
  const label = `${tools.origin.service} ${jsonPath}`;

  const failed = (error: unknown): never => {
    // Broken limits are told by the sandbox itself.
    if (!isTidegateError(error) || error.code === "FUNCTION_THREW" || error.code === "FUNCTION_RESULT")
      tools.reportRuntime(failureFinding(error, jsonPath));
    throw error;
  };
  const argumentOf = shape.request ? requestArgument : plainArgument;
  const call = (scope: Scope, sources: Sources, own: Readonly<Record<string, unknown>>): unknown => {
    const argument = argumentOf(reads, scope, sources, own);
    return scope.trace === undefined ? attempt(() => run.call(argument), failed) : traced(scope, argument);
  };
  const traced = (scope: Scope, argument: unknown): unknown => {
    const begin = performance.now();
    const tell = (error?: string): void =>
      scope.trace?.({
        at: "function",
        label,
        tier: run.tier,
        ms: performance.now() - begin,
        ...(error === undefined ? {} : { error }),
      });
    const result = attempt(
      () => run.call(argument),
      (error) => {
        tell(error instanceof Error ? error.message : String(error));
        return failed(error);
      },
    );
    return chain(result, (value) => {
      tell();
      return value;
    });
  };
  return {
    reads: reads.sources,
    call: (scope, sources, own) => {
      const ready = reads.contexts.length === 0 ? undefined : scope.context.prepare(reads.contexts);
      return ready === undefined ? call(scope, sources, own) : ready.then(() => call(scope, sources, own));
    },
  };
}

function attempt(run: () => unknown, failed: (error: unknown) => never): unknown {
  try {
    const result = run();
    return result instanceof Promise ? result.catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

function plainArgument(
  reads: Reads,
  scope: Scope,
  sources: Sources,
  own: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const argument: Record<string, unknown> = {};
  for (const name of reads.sources) argument[name] = sources[name];
  if (reads.context) argument.context = scope.context.views(reads.contexts);
  for (const name of reads.own) argument[name] = own[name];
  return argument;
}

function requestArgument(
  reads: Reads,
  scope: Scope,
  sources: Sources,
  own: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const request = plainArgument({ ...reads, own: [] }, scope, sources, own);
  if (reads.params) request.params = own.params;
  const argument: Record<string, unknown> = { request };
  for (const name of reads.own) argument[name] = own[name];
  return argument;
}

/** What a function of a connector sees. */
export interface InlineShape {
  /** The protocol's sources, without `context`. */
  readonly sources: readonly string[];
  /** Names of all context values that there are. */
  readonly contexts: readonly string[];
  /** The names of its own values that stand at the top of its argument. */
  readonly own: readonly string[];
  /** True: sources, context and `params` stand below `request` (`call.map`). Default: at the top. */
  readonly request?: boolean;
}

/** What a text reads of its argument, by where it comes from. */
export interface Reads {
  /** Sources, without `context`. */
  readonly sources: readonly string[];
  /** Context values. */
  readonly contexts: readonly string[];
  /** Whether it reads `context` at all. */
  readonly context: boolean;
  /** The connector's own values at the top of the argument. */
  readonly own: readonly string[];
  /** Whether it reads `request.params`. */
  readonly params: boolean;
}

/** Sorts what a text reads (S2.6); all there is where that cannot be told. */
export function readsOf(reads: FunctionCheck["reads"], shape: InlineShape): Reads {
  const sources = new Set<string>();
  const contexts = new Set<string>();
  const own = new Set<string>();
  let context = false;
  let params = false;

  const takeContext = (names: readonly string[]): void => {
    context = true;
    for (const name of names) contexts.add(name);
  };
  const takeSource = (name: string | undefined, below: string | undefined): void => {
    if (name === undefined) {
      for (const each of shape.sources) sources.add(each);
      takeContext(shape.contexts);
      params = true;
    } else if (name === "context") takeContext(below === undefined ? shape.contexts : [below]);
    else if (name === "params") params = true;
    else if (shape.sources.includes(name)) sources.add(name);
  };

  for (const path of reads === "all" ? [[]] : reads) {
    const [first, second, third] = path;
    if (first === undefined) {
      for (const name of shape.own) own.add(name);
      takeSource(undefined, undefined);
    } else if (shape.own.includes(first)) own.add(first);
    else if (shape.request !== true) takeSource(first, second);
    else if (first === "request") takeSource(second, third);
  }
  return {
    sources: [...sources],
    contexts: shape.contexts.filter((name) => contexts.has(name)),
    context,
    own: [...own],
    params,
  };
}
