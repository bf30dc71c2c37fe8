import type { CompileFunctionOptions, Sandbox, TidegateError } from "@tidegate/core-registry";

/** What a compiled function was told and told. */
export interface Compiled {
  call(argument?: unknown): Promise<unknown>;
  /** `code: message` of the error that a call ends with, or `no error`. */
  failure(argument?: unknown): Promise<string>;
  readonly lines: string[];
  /** Codes of what it broke. */
  readonly broke: string[];
}

/** Compiles a text for a service and remembers what it says. */
export function compiled(box: Sandbox, source: string, service = "player"): Compiled {
  const lines: string[] = [];
  const broke: string[] = [];
  const options: CompileFunctionOptions = {
    label: `${service} map`,
    service,
    console: ({ level, text }) => lines.push(`${level}: ${text}`),
    onLimitExceeded: (error) => broke.push((error as TidegateError).code),
  };
  const made = box.compile(source, options);
  const call = async (argument: unknown = {}): Promise<unknown> => made.call(argument);
  const failure = (argument?: unknown): Promise<string> =>
    call(argument).then(
      () => "no error",
      (error: TidegateError) => `${error.code}: ${error.message}`,
    );
  return { call, failure, lines, broke };
}
