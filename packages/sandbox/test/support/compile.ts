import type { CompileFunctionOptions, Sandbox, TidegateError } from "@tidegate/core-registry";
import { languageGlobals } from "../../src/check/names.ts";
import type { ChildSettings } from "../../src/process/messages.ts";

/** The settings of a child process in tests that use the pool directly. */
export const childSettings: ChildSettings = {
  timeout: 50,
  memory: 32,
  maxResult: 1000,
  maxLines: 5,
  maxLineLength: 100,
  globals: languageGlobals,
  util: "({})",
};

/** A compiled function that records its console output and its exceeded limits. */
export interface RecordedFunction {
  call(argument?: unknown): Promise<unknown>;
  /** `code: message` of the call's error, or `no error`. */
  failure(argument?: unknown): Promise<string>;
  readonly lines: string[];
  /** Error codes of the limits that it exceeded. */
  readonly exceeded: string[];
}

/** Compiles a function for a service. */
export function compiled(box: Sandbox, source: string, service = "player"): RecordedFunction {
  const lines: string[] = [];
  const exceeded: string[] = [];
  const options: CompileFunctionOptions = {
    label: `${service} map`,
    service,
    console: ({ level, text }) => lines.push(`${level}: ${text}`),
    onLimitExceeded: (error) => exceeded.push((error as TidegateError).code),
  };
  const fn = box.compile(source, options);
  const call = async (argument: unknown = {}): Promise<unknown> => fn.call(argument);
  const failure = (argument?: unknown): Promise<string> =>
    call(argument).then(
      () => "no error",
      (error: TidegateError) => `${error.code}: ${error.message}`,
    );
  return { call, failure, lines, exceeded };
}
