/**
 * The plugin boundary (S17): every call of a plugin's member goes through `callPlugin` or `callPluginNow`.
 * What the plugin throws, returns in a wrong shape, or is too late with becomes a `PLUGIN_FAILED` error that
 * names plugin and member.
 */
import type { Clock } from "../../contracts/clock.ts";
import { isTidegateError, TidegateError } from "../../contracts/errors.ts";
import type { Logger } from "../../contracts/logger.ts";
import { describeValue } from "../values.ts";

/** Identifies a plugin in errors and log lines. */
export interface PluginName {
  readonly kind: "broker" | "protocol" | "policy" | "context" | "middleware" | "sandbox" | "server";
  readonly name: string;
}

/** What bounds the members of all plugins of a gateway. */
export interface TimeLimit {
  readonly clock: Clock;
  /** Milliseconds until a member is too late (`pluginTimeoutSeconds`, S17). */
  readonly limitMs: number;
  /** Aborts when the gateway stops. */
  readonly signal?: AbortSignal | undefined;
}

/** Describes what is wrong with a returned value; undefined where its shape is right. */
export type ShapeCheck = (value: unknown) => string | undefined;

/** Seconds that a member has where the configuration says nothing else (S17). */
export const defaultPluginTimeoutSeconds = 10;

/** What failed, by the error: the merge must not read it from a message. */
const failures = new WeakMap<object, { readonly plugin: PluginName; readonly isLate: boolean }>();

/** Returns the plugin that an error of the boundary names, and whether it was too late. */
export function failureOf(
  error: unknown,
): { readonly plugin: PluginName; readonly isLate: boolean } | undefined {
  return typeof error === "object" && error !== null ? failures.get(error) : undefined;
}

/** Creates the error of a plugin's member. Errors with a code of their own keep it as their cause. */
export function pluginError(
  { kind, name }: PluginName,
  member: string,
  problem: string,
  cause?: unknown,
  isLate = false,
): TidegateError {
  const message = `The ${kind} plugin '${name}' failed in '${member}': ${problem}`;
  const error = new TidegateError("PLUGIN_FAILED", message, cause === undefined ? {} : { cause });
  failures.set(error, { plugin: { kind, name }, isLate });
  return error;
}

/**
 * Calls a synchronous member.
 * @throws {TidegateError} `PLUGIN_FAILED` where it throws or returns a value of a wrong shape
 */
export function callPluginNow<Value>(
  plugin: PluginName,
  member: string,
  run: () => Value,
  check: ShapeCheck,
): Value {
  const value = attempt(plugin, member, run);
  const problem = isPromise(value)
    ? discarded(value, "it returned a promise.")
    : attempt(plugin, member, () => check(value));
  if (problem !== undefined) throw pluginError(plugin, member, problem);
  return value;
}

/**
 * Calls a member that can return a promise, within the time limit.
 * @param run receives a signal that aborts when the time limit is over or the gateway stops
 * @throws {TidegateError} `PLUGIN_FAILED` where it throws, rejects, is too late, or its value has a wrong
 * shape
 */
export async function callPlugin<Value>(
  plugin: PluginName,
  member: string,
  limit: TimeLimit,
  run: (signal: AbortSignal) => Value | Promise<Value>,
  check: ShapeCheck,
): Promise<Value> {
  const controller = new AbortController();
  const value = attempt(plugin, member, () => run(controller.signal));
  const settled = isPromise(value) ? await inTime(plugin, member, limit, value, controller) : value;
  // A member of the value can be a getter that throws.
  const problem = attempt(plugin, member, () => check(settled));
  if (problem !== undefined) throw pluginError(plugin, member, problem);
  return settled;
}

async function inTime<Value>(
  plugin: PluginName,
  member: string,
  { clock, limitMs, signal }: TimeLimit,
  value: PromiseLike<Value>,
  controller: AbortController,
): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const end = (error: TidegateError): void => {
    late.reject(error);
    controller.abort(error);
  };
  const cancelTimer = clock.after(limitMs, () =>
    end(pluginError(plugin, member, `it did not finish within ${limitMs / 1_000} seconds.`, undefined, true)),
  );
  const stop = (): void => end(new TidegateError("CANCELLED", "The gateway is stopping."));
  if (signal?.aborted === true) stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([settle(plugin, member, value), late.promise]);
  } finally {
    cancelTimer();
    signal?.removeEventListener("abort", stop);
  }
}

async function settle<Value>(plugin: PluginName, member: string, value: PromiseLike<Value>): Promise<Value> {
  try {
    return await value;
  } catch (error) {
    throw pluginError(plugin, member, reasonOf(error), error);
  }
}

function attempt<Value>(plugin: PluginName, member: string, run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    throw pluginError(plugin, member, reasonOf(error), error);
  }
}

/** The message of a thrown value, on one line and of bounded length. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : `it threw ${describeValue(error)}.`;
  return text.replaceAll(/\p{Cc}+/gu, " ").slice(0, 500);
}

/** Whether an error is the fault of a plugin. */
export function isPluginError(error: unknown): error is TidegateError {
  return isTidegateError(error) && error.code === "PLUGIN_FAILED";
}

/** Whether a plugin returned a promise, or another object with `then`. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** Returns the problem; the promise must not reject unhandled. */
function discarded(promise: PromiseLike<unknown>, problem: string): string {
  promise.then(undefined, () => undefined);
  return problem;
}

/** Writes the failures of plugins to the log. */
export interface FailureLog {
  /** Logs a failure; equal failures are logged once a minute, with their number. */
  add(error: TidegateError): void;
}

/** How long equal failures are counted instead of logged, in milliseconds. */
const quietMs = 60_000;
/** How many different failures are told apart. */
const maxFailures = 1_000;

/** Creates the log of a gateway's plugins. */
export function createFailureLog(logger: Logger, clock: Clock): FailureLog {
  const quiet = new Map<string, { readonly until: number; more: number }>();
  return {
    add(error) {
      const known = quiet.get(error.message);
      const now = clock.now();
      if (known !== undefined && now < known.until) {
        known.more++;
        return;
      }
      if (quiet.size >= maxFailures) quiet.clear();
      quiet.set(error.message, { until: now + quietMs, more: 0 });
      const more = known === undefined || known.more === 0 ? "" : ` (${known.more} more in the last minute)`;
      logger.error(`${error.message}${more}`, error.details.cause ?? error);
    },
  };
}
