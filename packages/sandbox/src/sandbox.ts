import {
  type CompileFunctionOptions,
  type FunctionCheck,
  type Sandbox,
  type SandboxFunction,
  systemClock,
  TidegateError,
} from "@tidegate/core-registry";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { type CheckedFunction, checkFunction } from "./check/check.ts";
import { languageGlobals } from "./check/names.ts";
import { serializeUtil } from "./check/util.ts";
import type { KnownFunction } from "./process/calls.ts";
import { ProcessPool } from "./process/pool.ts";
import { encodeArgument } from "./values.ts";

/** Limits of functions (S11.2), and the global that the operator gives them. */
export interface SandboxOptions {
  /** Milliseconds for one call. Default 50. */
  readonly timeout?: number;
  /** Megabytes for the functions of one service. Default 32. */
  readonly memory?: number;
  /** Maximum length of a result, in characters of JSON. Default 1 MiB. */
  readonly maxResult?: number;
  /** Maximum length of an argument, in characters of JSON. Default 4 MiB. */
  readonly maxArgument?: number;
  /** A function that exceeds a limit so many times within a minute is switched off. Default 3. */
  readonly maxOffences?: number;
  /**
   * The global `util`. Data is copied; functions are sent as source and must be self-contained. Default `{}`.
   */
  readonly util?: Readonly<Record<string, unknown>>;
}

const MiB = 1024 * 1024;
const maxChecks = 5000;
const maxFunctions = 20_000;
const maxLines = 50;
const maxLineLength = 1000;

const optionsSchema = z.strictObject({
  timeout: z.int().min(1).max(10_000).default(50),
  memory: z.int().min(8).max(1024).default(32),
  maxResult: z
    .int()
    .min(1)
    .max(16 * MiB)
    .default(MiB),
  maxArgument: z
    .int()
    .min(1)
    .max(16 * MiB)
    .default(4 * MiB),
  maxOffences: z.int().min(1).max(1000).default(3),
  util: z.record(z.string(), z.unknown()).default({}),
});

/**
 * Creates a sandbox that runs inline functions in supervised child processes (S11). It starts no process
 * before `start` or the first call.
 *
 * @throws {TidegateError} `CONFIG_INVALID` where an option is wrong
 */
export function sandbox(options: SandboxOptions = {}): Sandbox {
  const { timeout, memory, maxResult, maxArgument, maxOffences, util } = parseOptions(options);
  const { script, purity } = serializeUtil(util);
  const limits = { timeout, memory, maxResult, maxLines, maxLineLength };
  const settings = { ...limits, globals: languageGlobals, util: script };
  const pool = new ProcessPool({ settings, maxOffences, clock: systemClock });
  const checks = new LRUCache<string, CheckedFunction>({ max: maxChecks });
  const functions = new LRUCache<string, KnownFunction>({ max: maxFunctions });
  let lastFunction = 0;
  let lastCall = 0;

  const checkOnce = (source: string): CheckedFunction => {
    const checked = checks.get(source) ?? checkFunction(source, purity);
    checks.set(source, checked);
    return checked;
  };

  /** Compiling a function again returns the same one, so its offences are not forgotten. */
  const functionOf = (source: string, service: string): KnownFunction => {
    const key = `${service}\n${source}`;
    const { parsed, takesUtil, check } = checkOnce(source);
    if (parsed === undefined) throw syntaxError(check);
    const { script, offset } = parsed;
    const known = functions.get(key);
    const fn = known ?? { id: ++lastFunction, service, source, script, offset, takesUtil, offences: [] };
    functions.set(key, fn);
    return fn;
  };

  const call = (fn: KnownFunction, compileOptions: CompileFunctionOptions, argument: unknown) =>
    new Promise((resolve, reject) => {
      const encoded = encodeArgument(argument, maxArgument);
      const id = ++lastCall;
      pool.run({ id, fn, options: compileOptions, argument: encoded, reruns: 0, resolve, reject });
    });

  return {
    contract: 2,
    check: (source) => checkOnce(source).check,
    compile(source, compileOptions): SandboxFunction {
      const fn = functionOf(source, compileOptions.service);
      return {
        call: (argument) => call(fn, compileOptions, argument),
        sync: false,
        reads: checkOnce(source).check.reads,
        tier: "isolate",
        reason: "Functions run in a child process",
      };
    },
    start: () => pool.start(),
    stop: () => pool.stop(),
  };
}

function parseOptions(options: SandboxOptions): Required<SandboxOptions> {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "options"}: ${message}`);
  throw new TidegateError("CONFIG_INVALID", `The sandbox's options are invalid. ${faults.join(". ")}`, {
    cause: parsed.error,
  });
}

function syntaxError({ problems: [problem] }: FunctionCheck): TidegateError {
  const place = problem && ` (line ${problem.line}, column ${problem.column})\n${problem.frame}`;
  return new TidegateError(
    "FUNCTION_SYNTAX",
    `${problem?.message ?? "The source is not a function."}${place ?? ""}`,
  );
}
