import { TidegateError } from "@tidegate/core-registry";
import { z } from "zod";

/** How functions may behave (S11.2), and what they are offered. */
export interface SandboxOptions {
  /** Milliseconds for one call. Default 50. */
  readonly timeout?: number;
  /** Megabytes for the functions of one service. Default 32. */
  readonly memory?: number;
  /** The longest result, in characters of its JSON. Default 1 MiB. */
  readonly maxResult?: number;
  /** The longest argument, in characters of its JSON. Default 4 MiB. */
  readonly maxArgument?: number;
  /** So often within a minute a function may break a limit; then it is switched off. Default 3. */
  readonly maxOffences?: number;
  /** The global `util`: data is copied, functions travel as text and must name nothing outside of themselves. Default: empty. */
  readonly util?: Readonly<Record<string, unknown>>;
}

/** The same with every default filled in. */
export type SettledOptions = Required<SandboxOptions>;

const schema = z.strictObject({
  timeout: z.int().min(1).max(10_000).default(50),
  memory: z.int().min(8).max(1024).default(32),
  maxResult: z
    .int()
    .min(1)
    .max(16 * 1024 * 1024)
    .default(1024 * 1024),
  maxArgument: z
    .int()
    .min(1)
    .max(16 * 1024 * 1024)
    .default(4 * 1024 * 1024),
  maxOffences: z.int().min(1).max(1000).default(3),
  util: z.record(z.string(), z.unknown()).default({}),
});

/**
 * Fills in the defaults.
 *
 * @throws {TidegateError} `CONFIG_INVALID`: an unknown option, or a value out of range
 */
export function settle(options: SandboxOptions): SettledOptions {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "options"}: ${message}`);
  throw new TidegateError("CONFIG_INVALID", `The sandbox's options are wrong. ${faults.join(". ")}`, {
    cause: parsed.error,
  });
}
