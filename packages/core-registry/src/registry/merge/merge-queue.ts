import { TidegateError } from "../../contracts/errors.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { Branch } from "../branches/branch.ts";

/** Merges branches one at a time, those that matter most first: a merge may begin at what another one made (S9.3). */
export interface Merges {
  /** Has a branch merged. `now`: its own services changed, or somebody waits for it; `later`: it follows master. */
  want(branch: Branch, when: "now" | "later"): void;
  /** Whether a branch waits to be merged. */
  isWanted(branch: Branch): boolean;
  /** Resolves when a branch was merged that waits for it, or is being merged; else at once. */
  merged(branch: Branch): Promise<void>;
  /** Runs something while nothing is merged. @throws `CANCELLED` where the gateway stops before */
  between<Result>(work: () => Promise<Result>): Promise<Result>;
  /** From now on: what was wanted before waited for this. */
  begin(): void;
  /** Resolves when nothing is wanted, or nothing is dispatched. */
  settled(): Promise<void>;
  /** Merges nothing more. What waits is let go. */
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

/** How many times in a row the same goes first while others wait. */
const mostInRow = 3;

/** Something that runs between merges. */
interface Work {
  run(): Promise<void>;
  refuse(error: TidegateError): void;
}

/** Merges nothing before `begin`. */
export function createMerges({ quiet, failed }: MergesOptions): Merges {
  const now = new Set<Branch>();
  const later = new Set<Branch>();
  const works: Work[] = [];
  let isBegun = false;
  let isStopped = false;
  let running: Promise<void> | undefined;
  let current: Branch | undefined;
  let masterInRow = 0;
  let nowInRow = 0;
  /** Who waits for a merge that has not dispatched. */
  const waiting = new Map<Branch, PromiseWithResolvers<void>>();
  /** Who waits for the one that goes on. */
  let present = Promise.withResolvers<void>();

  const merge = async (branch: Branch): Promise<void> => {
    now.delete(branch);
    later.delete(branch);
    current = branch;
    present = waiting.get(branch) ?? Promise.withResolvers<void>();
    waiting.delete(branch);
    try {
      await branch.merge();
    } catch (error) {
      failed(branch, error);
    } finally {
      current = undefined;
      present.resolve();
    }
  };

  // Master first, since others begin at it; but who changes all the time does not keep the others waiting for ever.
  const take = (): Promise<void> | undefined => {
    const master = first(now, ({ name }) => name === masterBranch);
    if (master !== undefined && masterInRow < mostInRow) {
      masterInRow++;
      return merge(master);
    }
    masterInRow = 0;
    const work = works.shift();
    if (work !== undefined) return work.run();
    const branch = nextOf(nowInRow < mostInRow ? [now, later] : [later, now]) ?? master;
    if (branch === undefined) return undefined;
    nowInRow = now.has(branch) ? nowInRow + 1 : 0;
    return merge(branch);
  };

  const run = async (): Promise<void> => {
    // A burst of one tick is one merge; what comes while it goes on is the next.
    await Promise.resolve();
    for (
      let work = isStopped ? undefined : take();
      work !== undefined;
      work = isStopped ? undefined : take()
    ) {
      await work;
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
    isWanted: (branch) => now.has(branch) || later.has(branch),
    async merged(branch) {
      if (isStopped) return;
      if (now.has(branch) || later.has(branch)) {
        const known = waiting.get(branch) ?? Promise.withResolvers<void>();
        waiting.set(branch, known);
        await known.promise;
      } else if (current === branch) await present.promise;
    },
    between(work) {
      if (isStopped) return Promise.reject(stopping());
      if (!isBegun) return work();
      return new Promise((resolve, reject) => {
        works.push({ run: () => work().then(resolve, reject), refuse: reject });
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
      for (const { refuse } of works.splice(0)) refuse(stopping());
    },
  };
}

function stopping(): TidegateError {
  return new TidegateError("CANCELLED", "The gateway stops.");
}

/** Waits while fragments are read, but not for ever. */
async function burst(quiet: () => Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, longestBurst);
  await Promise.race([quiet(), late.promise]);
  clearTimeout(timer);
}

function first(branches: ReadonlySet<Branch>, fits: (branch: Branch) => boolean): Branch | undefined {
  for (const branch of branches) if (fits(branch)) return branch;
  return undefined;
}

function nextOf(queues: readonly ReadonlySet<Branch>[]): Branch | undefined {
  for (const queue of queues) {
    const branch = first(queue, ({ name }) => name !== masterBranch);
    if (branch !== undefined) return branch;
  }
  return undefined;
}
