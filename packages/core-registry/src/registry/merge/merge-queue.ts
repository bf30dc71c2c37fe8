import { TidegateError } from "../../contracts/errors.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { Branch } from "../branches/branch.ts";
import type { Runtime } from "../runtime.ts";

/**
 * Merges branches one at a time, because a merge starts from what master's last merge made (S9.3). Master goes first,
 * then work that must not run beside a merge, then branches that changed or that a request waits for, then branches
 * that only follow master. Nothing waits for ever: after `maxInRow` turns the next kind has its turn.
 */
export interface MergeQueue {
  /** Merges a branch. `now`: its own services changed, or a request waits for it. `later`: it follows master. */
  enqueue(branch: Branch, priority: "now" | "later"): void;
  isQueued(branch: Branch): boolean;
  /** Resolves when the queued or running merge of a branch has ended; at once where there is none. */
  whenMerged(branch: Branch): Promise<void>;
  /** Runs a task while no branch is merged. @throws {TidegateError} `CANCELLED` where the gateway stops before */
  runExclusive<Result>(task: () => Promise<Result>): Promise<Result>;
  /** Starts to merge what was enqueued. Before, `runExclusive` runs its task at once. */
  start(): void;
  /** Resolves when no branch is queued and none is merged. */
  settled(): Promise<void>;
  /** Merges nothing more; rejects the tasks that wait. */
  stop(): void;
}

/** What a queue needs. */
export interface MergeQueueOptions {
  readonly runtime: Pick<Runtime, "logger">;
  /** Resolves when every fragment that arrived is compiled: a burst becomes one merge. */
  fragmentsRead(): Promise<void>;
}

/** How long a burst of fragments can delay the merge of the first one, in milliseconds. */
const maxBurstMs = 250;
const maxInRow = 3;

interface Task {
  run(): Promise<void>;
  reject(error: TidegateError): void;
}

/** Creates an empty queue that merges nothing before `start`. */
export function createMergeQueue({ runtime, fragmentsRead }: MergeQueueOptions): MergeQueue {
  const now = new Set<Branch>();
  const later = new Set<Branch>();
  const tasks: Task[] = [];
  /** The callers that wait for a queued merge, and for the running one. */
  const waiting = new Map<Branch, PromiseWithResolvers<void>>();
  let current: { readonly branch: Branch; readonly done: PromiseWithResolvers<void> } | undefined;
  let running: Promise<void> | undefined;
  let isStarted = false;
  let isStopped = false;
  let masterInRow = 0;
  let nowInRow = 0;

  const mergeBranch = async (branch: Branch): Promise<void> => {
    now.delete(branch);
    later.delete(branch);
    const done = waiting.get(branch) ?? Promise.withResolvers<void>();
    waiting.delete(branch);
    current = { branch, done };
    try {
      await branch.merge();
    } catch (error) {
      runtime.logger.error(
        `Branch ${branch.name}: the merge failed. The branch still serves its last version.`,
        error,
      );
    } finally {
      current = undefined;
      done.resolve();
    }
  };

  const next = (): Promise<void> | undefined => {
    if (isStopped) return undefined;
    const master = first(now, ({ name }) => name === masterBranch);
    if (master !== undefined && masterInRow < maxInRow) {
      masterInRow++;
      return mergeBranch(master);
    }
    masterInRow = 0;
    const task = tasks.shift();
    if (task !== undefined) return task.run();
    const branch = firstOf(nowInRow < maxInRow ? [now, later] : [later, now]) ?? master;
    if (branch === undefined) return undefined;
    nowInRow = now.has(branch) ? nowInRow + 1 : 0;
    return mergeBranch(branch);
  };

  const run = async (): Promise<void> => {
    // What is enqueued in one tick becomes one merge; what is enqueued during a merge becomes the next one.
    await Promise.resolve();
    for (let work = next(); work !== undefined; work = next()) {
      await work;
      await endOfBurst(fragmentsRead);
    }
    running = undefined;
  };

  const wakeUp = (): void => {
    if (isStarted && !isStopped) running ??= endOfBurst(fragmentsRead).then(run);
  };

  return {
    enqueue(branch, priority) {
      if (priority === "now") now.add(branch);
      else later.add(branch);
      wakeUp();
    },
    isQueued: (branch) => now.has(branch) || later.has(branch),
    async whenMerged(branch) {
      if (isStopped) return;
      if (now.has(branch) || later.has(branch)) {
        const known = waiting.get(branch) ?? Promise.withResolvers<void>();
        waiting.set(branch, known);
        await known.promise;
      } else if (current?.branch === branch) await current.done.promise;
    },
    runExclusive(task) {
      if (isStopped) return Promise.reject(stopping());
      if (!isStarted) return task();
      return new Promise((resolve, reject) => {
        tasks.push({ run: () => task().then(resolve, reject), reject });
        wakeUp();
      });
    },
    start() {
      isStarted = true;
      if (now.size + later.size + tasks.length > 0) wakeUp();
    },
    async settled() {
      while (running !== undefined) await running;
    },
    stop() {
      isStopped = true;
      for (const { resolve } of waiting.values()) resolve();
      waiting.clear();
      for (const { reject } of tasks.splice(0)) reject(stopping());
    },
  };
}

function stopping(): TidegateError {
  return new TidegateError("CANCELLED", "The gateway is stopping.");
}

async function endOfBurst(fragmentsRead: () => Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, maxBurstMs);
  await Promise.race([fragmentsRead(), late.promise]);
  clearTimeout(timer);
}

function first(branches: ReadonlySet<Branch>, fits: (branch: Branch) => boolean): Branch | undefined {
  for (const branch of branches) if (fits(branch)) return branch;
  return undefined;
}

function firstOf(queues: readonly ReadonlySet<Branch>[]): Branch | undefined {
  for (const queue of queues) {
    const branch = first(queue, ({ name }) => name !== masterBranch);
    if (branch !== undefined) return branch;
  }
  return undefined;
}
