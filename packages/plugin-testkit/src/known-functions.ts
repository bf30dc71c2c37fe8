import { type FunctionCheck, type Sandbox, TidegateError } from "@tidegate/core-registry";

/** A sandbox that runs functions of the test in the test's own process, without any isolation. */
export interface KnownFunctions extends Sandbox {
  /**
   * Registers a function and returns its source for a fragment.
   *
   * @param check overrides parts of the result of `check`; by default the function reads everything
   */
  text(run: (argument: never) => unknown, check?: Partial<FunctionCheck>): string;
  /** The arguments of all calls, oldest first, after a JSON round trip. */
  readonly seen: readonly unknown[];
}

const unknownSource: FunctionCheck = {
  ok: false,
  problems: [
    {
      severity: "error",
      code: "FUNCTION_SYNTAX",
      message: "The test has not registered this function.",
      line: 1,
      column: 1,
      frame: "> 1 | ?\n    | ^",
    },
  ],
  reads: "all",
  sync: false,
  volatile: false,
};

/** Creates a sandbox for tests of protocols and policies. */
export function knownFunctions(): KnownFunctions {
  const known = new Map<
    string,
    { readonly run: (argument: never) => unknown; readonly check: FunctionCheck }
  >();
  const seen: unknown[] = [];
  const check = (source: string): FunctionCheck => known.get(source)?.check ?? unknownSource;
  return {
    contract: 2,
    seen,
    text: (run, parts) => {
      const source = run.toString();
      known.set(source, {
        run,
        check: { ok: true, problems: [], reads: "all", sync: true, volatile: false, ...parts },
      });
      return source;
    },
    check,
    compile: (source, options) => {
      const entry = known.get(source);
      if (entry === undefined) throw new TidegateError("FUNCTION_SYNTAX");
      return {
        sync: true,
        reads: entry.check.reads,
        tier: "native",
        call: (argument) => {
          const data: unknown = JSON.parse(JSON.stringify(argument));
          seen.push(data);
          options.console({ level: "log", text: "ran" });
          try {
            return entry.run(data as never);
          } catch (cause) {
            throw new TidegateError("FUNCTION_THREW", String(cause), { cause });
          }
        },
      };
    },
    start: async () => undefined,
    stop: async () => undefined,
  };
}
