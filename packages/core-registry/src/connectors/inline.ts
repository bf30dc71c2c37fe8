import type { Sources } from "../contracts/connector.ts";
import type { Scope } from "../contracts/scope.ts";
import { isTidegateError } from "../errors.ts";
import { chain } from "./chain.ts";
import { compileFunction, type FunctionTools, failureFinding } from "./function.ts";
import { type InlineShape, type Reads, readsOf } from "./reads.ts";

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
