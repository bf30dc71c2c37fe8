import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";

/** Whether a value is an object and no array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Yields to the event loop if the last step was long. Throws if the signal was aborted. */
export type YieldToEventLoop = () => Promise<void>;

// In milliseconds: short for a request, long for one turn of the event loop.
const longestStep = 5;

/**
 * Splits long work into steps, so that the process answers requests between them. Call the result after each
 * step.
 */
export function createYield(signal: AbortSignal): YieldToEventLoop {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < longestStep) return;
    await setImmediate();
    signal.throwIfAborted();
    since = performance.now();
  };
}

/** Destroys or cancels a stream that nothing will read. Ignores other values; a file is not opened. */
export function discardStream(value: unknown): void {
  if (value instanceof Readable) value.destroy();
  else if (value instanceof ReadableStream) value.cancel().catch(() => undefined);
}
