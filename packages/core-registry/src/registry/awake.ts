import { LRUCache } from "lru-cache";

/** Which branches and versions are compiled, beside master's newest: the ones that were used last (S9.5). */
export interface Awake {
  /** Notes that something was used; `sleep` is called when others were used since. */
  used(name: string, sleep: () => void): void;
}

/** @param most how many there are at once */
export function createAwake(most: number): Awake {
  const sleepers = new LRUCache<string, () => void>({
    max: Math.max(1, most),
    dispose: (sleep, _name, reason) => {
      if (reason === "evict") sleep();
    },
  });
  return {
    used(name, sleep) {
      // A branch that was forgotten may have come again under its name.
      if (sleepers.get(name) !== sleep) sleepers.set(name, sleep);
    },
  };
}
