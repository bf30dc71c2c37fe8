const maxItems = 10_000;

/** Records items, and lets a test wait for later ones. */
export interface Recorder<Item> {
  /** Oldest first; at most the last 10,000. */
  readonly items: readonly Item[];
  push(item: Item): void;
  /**
   * Resolves with the first earlier or later item that matches. Default: any item.
   *
   * @throws {Error} when none matches within `ms` milliseconds (default 10,000); the message lists the latest
   * items
   */
  waitFor(matches?: (item: Item) => boolean, ms?: number): Promise<Item>;
  clear(): void;
}

/** Creates a recorder. `what` names an item in the error of `waitFor`. */
export function recorder<Item>(what = "item"): Recorder<Item> {
  const items: Item[] = [];
  const waiting = new Set<(item: Item) => void>();
  return {
    items,
    push: (item) => {
      items.push(item);
      if (items.length > maxItems) items.shift();
      for (const wake of [...waiting]) wake(item);
    },
    clear: () => void items.splice(0),
    waitFor: (matches = () => true, ms = 10_000) => {
      const found = items.find(matches);
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(wake);
          reject(new Error(`No matching ${what} within ${ms} ms. Received: ${formatItems(items)}`));
        }, ms);
        const wake = (item: Item): void => {
          if (!matches(item)) return;
          waiting.delete(wake);
          clearTimeout(timer);
          resolve(item);
        };
        waiting.add(wake);
      });
    },
  };
}

function formatItems(items: readonly unknown[]): string {
  try {
    return JSON.stringify(items.slice(-20))?.slice(0, 2_000) ?? "nothing";
  } catch {
    return `${items.length} items`;
  }
}
