/** How many items a recorder keeps. */
const kept = 10_000;

/** Keeps what happens, and lets a test wait for what has not happened yet. */
export interface Recorder<Item> {
  /** What came, oldest first; at most the last 10,000. */
  readonly items: readonly Item[];
  /** Takes one more item, and wakes who waits for it. */
  push(item: Item): void;
  /**
   * The first item that fits, of those that came or of those to come. Default: any.
   * @throws {Error} when none fits within `ms` milliseconds (default 10,000); it tells what came instead.
   */
  waitFor(fits?: (item: Item) => boolean, ms?: number): Promise<Item>;
  /** Forgets what came. */
  clear(): void;
}

/** Makes a recorder. `what` names its items in the error of a wait that was in vain. */
export function recorder<Item>(what = "item"): Recorder<Item> {
  const items: Item[] = [];
  const waiting = new Set<(item: Item) => void>();
  return {
    items,
    push: (item) => {
      items.push(item);
      if (items.length > kept) items.shift();
      for (const wake of [...waiting]) wake(item);
    },
    clear: () => void items.splice(0),
    waitFor: (fits = () => true, ms = 10_000) => {
      const found = items.find(fits);
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(wake);
          reject(new Error(`No such ${what} within ${ms} ms. Came: ${show(items)}`));
        }, ms);
        const wake = (item: Item): void => {
          if (!fits(item)) return;
          waiting.delete(wake);
          clearTimeout(timer);
          resolve(item);
        };
        waiting.add(wake);
      });
    },
  };
}

function show(items: readonly unknown[]): string {
  try {
    return JSON.stringify(items.slice(-20))?.slice(0, 2_000) ?? "nothing";
  } catch {
    return `${items.length} items`;
  }
}
