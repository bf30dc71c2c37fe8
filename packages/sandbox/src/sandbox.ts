import {
  type CompileFunctionOptions,
  type FunctionCheck,
  type Sandbox,
  type SandboxFunction,
  systemClock,
  TidegateError,
} from "@tidegate/core-registry";
import { LRUCache } from "lru-cache";
import { type SandboxOptions, settle } from "./options.ts";
import type { KnownFunction } from "./process/call.ts";
import { makePool } from "./process/pool.ts";
import { type CheckedFunction, checkFunction } from "./text/check.ts";
import { languageGlobals } from "./text/globals.ts";
import { shareScript } from "./text/shared.ts";
import { encodeArgument } from "./values/argument.ts";

const mostChecked = 5000;
const mostKnown = 20_000;
const maxLines = 50;
const maxLine = 1000;

/**
 * Runs inline functions in supervised child processes (S11). Nothing is started before `start`, or the first call.
 *
 * @throws {TidegateError} `CONFIG_INVALID` where an option is wrong
 */
export function sandbox(options: SandboxOptions = {}): Sandbox {
  const { timeout, memory, maxResult, maxArgument, maxOffences, util } = settle(options);
  const { script, purity } = shareScript(util);
  const settings = { timeout, memory, maxResult, maxLines, maxLine, globals: languageGlobals, util: script };
  const pool = makePool({ settings, maxOffences, clock: systemClock });
  const checked = new LRUCache<string, CheckedFunction>({ max: mostChecked });
  const known = new LRUCache<string, KnownFunction>({ max: mostKnown });
  let functions = 0;
  let calls = 0;

  const look = (source: string): CheckedFunction => {
    const found = checked.get(source) ?? checkFunction(source, purity);
    checked.set(source, found);
    return found;
  };

  /** The same text of the same service is the same function: what it did is not forgotten when it is compiled again. */
  const know = (source: string, service: string): KnownFunction => {
    const key = `${service}\n${source}`;
    const { parsed, takesUtil, check } = look(source);
    if (parsed === undefined) throw refused(check);
    const found = known.get(key) ?? {
      id: ++functions,
      service,
      source,
      script: parsed.script,
      offset: parsed.offset,
      takesUtil,
      offences: [],
    };
    known.set(key, found);
    return found;
  };

  const call = (compiled: CompileFunctionOptions, of: KnownFunction, argument: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const encoded = encodeArgument(argument, maxArgument);
      pool.run({ id: ++calls, known: of, compiled, argument: encoded, reruns: 0, resolve, reject });
    });

  return {
    contract: 1,
    check: (source) => look(source).check,
    compile(source, compiled): SandboxFunction {
      const of = know(source, compiled.service);
      return {
        call: (argument) => call(compiled, of, argument),
        sync: false,
        reads: look(source).check.reads,
        tier: "isolate",
        reason: "functions run in a process of their own",
      };
    },
    start: () => pool.start(),
    stop: () => pool.stop(),
  };
}

function refused({ problems }: FunctionCheck): TidegateError {
  const [problem] = problems;
  const place =
    problem === undefined ? "" : ` (line ${problem.line}, column ${problem.column})\n${problem.frame}`;
  return new TidegateError("FUNCTION_SYNTAX", `${problem?.message ?? "The text is no function"}${place}`);
}
