/**
 * Lets long work breathe: called between its steps, it gives the event loop a turn where the work has held it for too long,
 * and costs nothing where it has not.
 */
export type Pace = () => Promise<void> | undefined;

/**
 * A pace for work of one kind.
 * @param ms how long the event loop may be held, in milliseconds. Default 0.5
 */
export function createPace(ms = 0.5): Pace {
  let since = performance.now();
  return () => {
    if (performance.now() - since < ms) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now();
        resolve();
      });
    });
  };
}
