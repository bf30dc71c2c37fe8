import { LRUCache } from "lru-cache";
import type { BranchVersion } from "../branches/branch.ts";
import type { StoredFragment } from "../discovery/fragment-store.ts";
import type { CompiledVersion } from "./compiled-version.ts";

/** Versions that are not the newest of their branch, compiled while they are in use (S9.5). */
export interface Recall {
  /** A version: at once where it is compiled, else what compiles it. */
  recall(version: Pick<BranchVersion, "id" | "recipe">): CompiledVersion | (() => Promise<CompiledVersion>);
  /** Forgets what is compiled: its documentation is old (S1.4). */
  forget(): void;
}

/**
 * @param awake what is in use
 * @param compile compiles a version again
 */
export function createRecall(
  awake: Awake,
  compile: (recipe: readonly StoredFragment[]) => Promise<CompiledVersion>,
): Recall {
  const compiled = new Map<string, CompiledVersion>();
  const compiling = new Map<string, Promise<CompiledVersion>>();

  const used = (id: string): void => awake.used(`version ${id}`, () => compiled.delete(id));
  // Who asks at the same time waits for the same work.
  const make = (id: string, recipe: readonly StoredFragment[]): Promise<CompiledVersion> => {
    const known = compiling.get(id);
    if (known !== undefined) return known;
    const work: Promise<CompiledVersion> = compile(recipe)
      .then((version) => {
        if (compiling.get(id) === work) {
          compiled.set(id, version);
          used(id);
        }
        return version;
      })
      .finally(() => {
        if (compiling.get(id) === work) compiling.delete(id);
      });
    compiling.set(id, work);
    return work;
  };

  return {
    recall({ id, recipe }) {
      const known = compiled.get(id);
      if (known === undefined) return () => make(id, recipe);
      used(id);
      return known;
    },
    forget() {
      compiled.clear();
      compiling.clear();
    },
  };
}

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
