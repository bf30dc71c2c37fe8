import { type FunctionCheck, type Sandbox, TidegateError } from "@tidegate/core-registry";

/** A sandbox that runs the functions that a test gave it, in the test's own process, and knows no other text. */
export interface KnownFunctions extends Sandbox {
  /** Makes a function known, and says what checking it finds; by default it reads everything. The result goes into fragments. */
  text(run: (argument: never) => unknown, check?: Partial<FunctionCheck>): string;
  /** The arguments that functions were given, oldest first, as data travel. */
  readonly seen: readonly unknown[];
}

const unknownText: FunctionCheck = {
  ok: false,
  problems: [
    {
      severity: "error",
      code: "FUNCTION_SYNTAX",
      message: "No test made this text known.",
      line: 1,
      column: 1,
      frame: "> 1 | ?\n    | ^",
    },
  ],
  reads: "all",
  sync: false,
  volatile: false,
};

/** Makes a sandbox for tests of protocols and policies. What it runs is the test's own; it guards against nothing. */
export function knownFunctions(): KnownFunctions {
  const known = new Map<
    string,
    { readonly run: (argument: never) => unknown; readonly check: FunctionCheck }
  >();
  const seen: unknown[] = [];
  const check = (source: string): FunctionCheck => known.get(source)?.check ?? unknownText;
  return {
    contract: 1,
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
