import { setImmediate } from "node:timers/promises";

/** Gives way to what else waits, where the last step took long enough. Throws where nobody wants the result any more. */
export type Pace = () => Promise<void>;

// Milliseconds. Small against a request's time, large against a turn of the event loop.
const longestStep = 5;

/** Cuts long work into steps, so that requests are answered in between. */
export function createPace(signal: AbortSignal): Pace {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < longestStep) return;
    await setImmediate();
    signal.throwIfAborted();
    since = performance.now();
  };
}
