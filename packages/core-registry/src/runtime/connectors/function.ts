import type { KnownValue, Sources } from "../../contracts/connector.ts";
import { isTidegateError } from "../../contracts/errors.ts";
import type { CheckedFunction } from "../../contracts/protocol.ts";
import type { Finding, Origin } from "../../contracts/report.ts";
import type {
  ConsoleMessage,
  FunctionCheck,
  FunctionProblem,
  Sandbox,
  SandboxFunction,
} from "../../contracts/sandbox.ts";
import type { Scope } from "../../contracts/scope.ts";
import { chain } from "../values.ts";
import { ArgumentError, blameSender } from "./argument-error.ts";
import { memberFindings } from "./function-members.ts";

/** The tools with which functions are compiled. */
export interface FunctionTools {
  /** The service that owns the function. */
  readonly origin: Pick<Origin, "service">;
  readonly sandbox: Sandbox;
  /** Adds a problem of the function's text. */
  addFinding(finding: Finding): void;
  /** Reports a failure while the function is in use. */
  reportRuntime(finding: Finding): void;
  console(message: ConsoleMessage): void;
}

/**
 * Checks and compiles the text of a function (S11.3). Every problem becomes a finding with its place in the
 * text.
 * @returns undefined where a problem is an error
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
    onLimitExceeded: (error) => tools.reportRuntime(runtimeErrorFinding(error, jsonPath)),
  });
  return { check, run };
}

/**
 * Describes an error of a function in use as a finding for the function's developer.
 * @param scope the request in which it occurred, where that is known
 */
export function runtimeErrorFinding(error: unknown, jsonPath: string, scope?: Scope): Finding {
  const code = error instanceof Error && "code" in error ? String(error.code) : "FUNCTION_THREW";
  return {
    severity: "error",
    code,
    jsonPath,
    message: error instanceof Error ? error.message : String(error),
    ...(scope === undefined ? {} : { requestId: scope.correlation.requestId }),
  };
}

function problemFinding(problem: FunctionProblem, jsonPath: string): Finding {
  const { severity, code, message, hint, line, column, frame } = problem;
  return { severity, code, jsonPath, message, line, column, frame, ...(hint === undefined ? {} : { hint }) };
}

/**
 * The values of a connector that its functions receive beside the sources, such as `response`, `params` or
 * `event`.
 */
type Values = Readonly<Record<string, unknown>>;

/** A compiled function of a connector. Its argument has only the properties that its text reads (S2.6). */
export interface ConnectorFunction {
  /** The sources that it reads, without `context`. */
  readonly reads: readonly string[];
  /**
   * Prepares the context values that it reads, and calls it. Returns a promise only where one of them is
   * asynchronous.
   */
  call(scope: Scope, sources: Sources, values: Values): unknown;
}

/** The argument of a connector's function. */
export interface FunctionArgument {
  /** Names of the protocol's sources, without `context`. */
  readonly sources: readonly string[];
  readonly contexts: readonly string[];
  /** Names of the connector's values. They are properties of the argument. */
  readonly values: readonly string[];
  /**
   * True: sources, `context` and `params` are below `request` (`call.map`). Default: they are properties of
   * the argument.
   */
  readonly request?: boolean;
  /** What is known of the sources and of the connector's values, by name (S1.7). Default: nothing. */
  readonly known?: Readonly<Record<string, KnownValue>>;
}

/**
 * Compiles a function of a connector.
 * @param source the text; undefined where the connector does not have this function
 * @returns undefined where there is no text, or where it has an error
 */
export function compileConnectorFunction(
  source: string | undefined,
  jsonPath: string,
  argument: FunctionArgument,
  tools: FunctionTools,
): ConnectorFunction | undefined {
  const compiled = source === undefined ? undefined : compileFunction(source, jsonPath, tools);
  if (compiled === undefined) return undefined;
  const { run, check } = compiled;
  for (const finding of memberFindings(check, knownArgument(argument), jsonPath)) tools.addFinding(finding);
  const reads = sortReads(check.reads, argument);
  const label = `${tools.origin.service} ${jsonPath}`;
  const argumentOf = argument.request ? requestArgument : plainArgument;

  const fail: Fail = (thrown, scope) => {
    const error = blameSender(thrown);
    if (isFaultOfService(error))
      tools.reportRuntime({
        ...runtimeErrorFinding(error, jsonPath, scope),
        // The usual hint is to convert the response in `map`, which cannot receive it.
        ...(error === thrown ? {} : { hint: "Return smaller or flatter data from the service." }),
      });
    throw error;
  };
  const callPrepared = (scope: Scope, sources: Sources, values: Values): unknown => {
    const input = argumentOf(reads, scope, sources, values);
    if (scope.trace === undefined) return callSafely(run, input, scope, fail);
    return callTraced(run, input, label, scope, scope.trace, fail);
  };
  return {
    reads: reads.sources,
    call: (scope, sources, values) => {
      const pending = reads.contexts.length === 0 ? undefined : scope.context.prepare(reads.contexts);
      return pending === undefined
        ? callPrepared(scope, sources, values)
        : pending.then(() => callPrepared(scope, sources, values));
    },
  };
}

function knownArgument({ sources, contexts, values, request, known = {} }: FunctionArgument): KnownValue {
  const members = (names: readonly string[]): [string, KnownValue][] =>
    names.map((name) => [name, known[name] ?? "any"]);
  const context = Object.fromEntries(contexts.map((name): [string, KnownValue] => [name, "any"]));
  const ofRequest = { ...Object.fromEntries(members(sources)), context };
  return request === true
    ? {
        request: { ...ofRequest, ...Object.fromEntries(members(["params"])) },
        ...Object.fromEntries(members(values)),
      }
    : { ...ofRequest, ...Object.fromEntries(members(values)) };
}

/** Lists the sources that a connector's functions read. */
export function sourcesRead(...functions: readonly (ConnectorFunction | undefined)[]): readonly string[] {
  return functions.flatMap((each) => each?.reads ?? []);
}

/** The codes of errors that the sandbox does not report itself: it reports exceeded limits. */
const reportedCodes: ReadonlySet<string> = new Set(["FUNCTION_THREW", "FUNCTION_RESULT", "REPLY_INVALID"]);

/** Whether an error is reported to the service of the function. */
function isFaultOfService(error: unknown): boolean {
  return !isTidegateError(error) || error instanceof ArgumentError || reportedCodes.has(error.code);
}

/** Reports the error of a function, and throws it again. */
type Fail = (error: unknown, scope: Scope) => never;

function callSafely(run: SandboxFunction, input: unknown, scope: Scope, fail: Fail): unknown {
  try {
    const result = run.call(input);
    return result instanceof Promise ? result.catch((error: unknown) => fail(error, scope)) : result;
  } catch (error) {
    return fail(error, scope);
  }
}

function callTraced(
  run: SandboxFunction,
  input: unknown,
  label: string,
  scope: Scope,
  trace: NonNullable<Scope["trace"]>,
  fail: Fail,
): unknown {
  const begin = performance.now();
  const traceEnd = (error?: string): void =>
    trace({
      at: "function",
      label,
      tier: run.tier,
      ms: performance.now() - begin,
      ...(error === undefined ? {} : { error }),
    });
  const result = callSafely(run, input, scope, (error) => {
    traceEnd(error instanceof Error ? error.message : String(error));
    return fail(error, scope);
  });
  return chain(result, (value) => {
    traceEnd();
    return value;
  });
}

function plainArgument(
  reads: FunctionReads,
  scope: Scope,
  sources: Sources,
  values: Values,
): Record<string, unknown> {
  const argument: Record<string, unknown> = {};
  for (const name of reads.sources) argument[name] = sources[name];
  if (reads.context) argument.context = scope.context.views(reads.contexts);
  for (const name of reads.values) argument[name] = values[name];
  return argument;
}

function requestArgument(
  reads: FunctionReads,
  scope: Scope,
  sources: Sources,
  values: Values,
): Record<string, unknown> {
  const request = plainArgument({ ...reads, values: [] }, scope, sources, values);
  if (reads.params) request.params = values.params;
  const argument: Record<string, unknown> = { request };
  for (const name of reads.values) argument[name] = values[name];
  return argument;
}

/** The properties of its argument that a function reads, by kind. */
interface FunctionReads {
  /** The names of the protocol's sources, without `context`. */
  readonly sources: readonly string[];
  readonly contexts: readonly string[];
  /** Whether it reads `context` at all. */
  readonly context: boolean;
  /** The values that the connector itself provides, such as `response`. */
  readonly values: readonly string[];
  /** Whether the function reads `request.params`. */
  readonly params: boolean;
}

/** Sorts the paths that a function reads by kind (S2.6); all properties where the analysis could not tell. */
function sortReads(paths: FunctionCheck["reads"], argument: FunctionArgument): FunctionReads {
  const sources = new Set<string>();
  const contexts = new Set<string>();
  const values = new Set<string>();
  let context = false;
  let params = false;

  const addContexts = (names: readonly string[]): void => {
    context = true;
    for (const name of names) contexts.add(name);
  };
  const addSource = (name: string | undefined, below: string | undefined): void => {
    if (name === undefined) {
      for (const each of argument.sources) sources.add(each);
      addContexts(argument.contexts);
      params = true;
    } else if (name === "context") addContexts(below === undefined ? argument.contexts : [below]);
    else if (name === "params") params = true;
    else if (argument.sources.includes(name)) sources.add(name);
  };

  for (const path of paths === "all" ? [[]] : paths) {
    const [first, second, third] = path;
    if (first === undefined) {
      for (const name of argument.values) values.add(name);
      addSource(undefined, undefined);
    } else if (argument.values.includes(first)) values.add(first);
    else if (argument.request !== true) addSource(first, second);
    else if (first === "request") addSource(second, third);
  }
  return {
    sources: [...sources],
    contexts: argument.contexts.filter((name) => contexts.has(name)),
    context,
    values: [...values],
    params,
  };
}
