import type { Branch } from "./branch.ts";

/** Merges branches one at a time, those that matter most first: a merge may begin at what another one made (S9.3). */
export interface Merges {
  /** Has a branch merged. `now`: its own services changed, or somebody waits for it; `later`: it follows master. */
  want(branch: Branch, when: "now" | "later"): void;
  /** Resolves when a branch is wanted no more, and not being merged. */
  merged(branch: Branch): Promise<void>;
  /** Runs something while nothing is merged. */
  between<Result>(work: () => Promise<Result>): Promise<Result>;
  /** From now on: what was wanted before waited for this. */
  begin(): void;
  /** Resolves when nothing is wanted, or nothing is begun. */
  settled(): Promise<void>;
  /** Merges nothing more. */
  stop(): void;
}

/** What merging needs. */
export interface MergesOptions {
  /** Resolves when no fragment waits to be read: a burst is one merge. */
  quiet(): Promise<void>;
  /** Told when a merge failed for a reason of the gateway's own. */
  failed(branch: Branch, error: unknown): void;
}

/** How long a burst may hold up what came first: milliseconds. */
const longestBurst = 250;

/** Merges nothing before `begin`. */
export function createMerges({ quiet, failed }: MergesOptions): Merges {
  const now = new Set<Branch>();
  const later = new Set<Branch>();
  const works: (() => Promise<void>)[] = [];
  let isBegun = false;
  let isStopped = false;
  let running: Promise<void> | undefined;
  let current: Branch | undefined;
  const waiting = new Map<Branch, PromiseWithResolvers<void>>();

  const done = (branch: Branch): void => {
    current = undefined;
    if (now.has(branch)) return;
    waiting.get(branch)?.resolve();
    waiting.delete(branch);
  };

  const take = (): (() => Promise<void>) | undefined => {
    const master = [...now].find(({ name }) => name === "master");
    const branch = master ?? (works.length > 0 ? undefined : (first(now) ?? first(later)));
    if (branch === undefined) return works.shift();
    now.delete(branch);
    later.delete(branch);
    current = branch;
    return () =>
      branch
        .merge()
        .catch((error: unknown) => failed(branch, error))
        .finally(() => done(branch));
  };

  const run = async (): Promise<void> => {
    // A burst of one tick is one merge; what comes while it goes on is the next.
    await Promise.resolve();
    for (let work = take(); work !== undefined && !isStopped; work = take()) {
      await work();
      await burst(quiet);
    }
    running = undefined;
  };

  const go = (): void => {
    if (!isBegun || isStopped) return;
    running ??= burst(quiet).then(run);
  };

  return {
    want(branch, when) {
      if (when === "now") now.add(branch);
      else later.add(branch);
      go();
    },
    async merged(branch) {
      if (isStopped || !(now.has(branch) || later.has(branch) || current === branch)) return;
      const known = waiting.get(branch) ?? Promise.withResolvers<void>();
      waiting.set(branch, known);
      await known.promise;
    },
    between(work) {
      if (!isBegun) return work();
      return new Promise((resolve, reject) => {
        works.push(() => work().then(resolve, reject));
        go();
      });
    },
    begin() {
      isBegun = true;
      if (now.size + later.size + works.length > 0) go();
    },
    async settled() {
      while (running !== undefined) await running;
    },
    stop() {
      isStopped = true;
      for (const { resolve } of waiting.values()) resolve();
      waiting.clear();
    },
  };
}

/** Waits while fragments are read, but not for ever. */
async function burst(quiet: () => Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, longestBurst);
  await Promise.race([quiet(), late.promise]);
  clearTimeout(timer);
}

function first(branches: ReadonlySet<Branch>): Branch | undefined {
  for (const branch of branches) return branch;
  return undefined;
}
