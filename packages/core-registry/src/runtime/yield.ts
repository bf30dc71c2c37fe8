/**
 * Gives the event loop a turn where the caller has held it for too long; returns undefined where it has not, so that
 * short work costs no promise. Called between the steps of long work.
 */
export type YieldToEventLoop = () => Promise<void> | undefined;

/**
 * Makes the function that work of one kind calls between its steps.
 * @param maxMs how long the work can hold the event loop, in milliseconds
 * @param signal rejects the next turn with its reason, where the result of the work is not wanted any more
 */
export function createYield(maxMs = 0.5, signal?: AbortSignal): YieldToEventLoop {
  let since = performance.now();
  return () => {
    if (performance.now() - since < maxMs) return undefined;
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      signal?.throwIfAborted();
      since = performance.now();
    });
  };
}
