/**
 * Yields to the event loop where the caller has occupied it for too long. Otherwise returns undefined, so
 * that short work creates no promise. Long work calls it between its steps.
 */
export type YieldToEventLoop = () => Promise<void> | undefined;

/**
 * Creates the function that long work calls between its steps.
 * @param maxMs how long the work can occupy the event loop, in milliseconds
 * @param signal cancels the work: the next yield rejects with its reason
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
