import { TidegateError } from "../../contracts/errors.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { Branch } from "../branches/branch.ts";
import type { Runtime } from "../runtime.ts";

/**
 * Merges branches one at a time, because a merge starts from what master's last merge made (S9.3). Master
 * goes first, then work that must not run beside a merge, then branches that changed or that a request waits
 * for, then branches that only follow master. Nothing waits for ever: after `maxInRow` turns the next kind
 * has its turn.
 */
export interface MergeQueue {
  /**
   * Merges a branch. `now`: its own services changed, or a request waits for it. `later`: it follows master.
   */
  enqueue(branch: Branch, priority: "now" | "later"): void;
  isQueued(branch: Branch): boolean;
  /** Resolves when the queued or running merge of a branch has ended; at once where there is none. */
  whenMerged(branch: Branch): Promise<void>;
  /**
   * Runs a task while no branch is merged. @throws {TidegateError} `CANCELLED` where the gateway stops before
   */
  runExclusive<Result>(task: () => Promise<Result>): Promise<Result>;
  /** Starts to merge what was enqueued. Before, `runExclusive` runs its task at once. */
  start(): void;
  /** Resolves when no branch is queued and none is merged. */
  settled(): Promise<void>;
  /** Merges nothing more; rejects the tasks that wait. */
  stop(): void;
}

/** What the queue waits for, and where it logs failures. */
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
export function createMergeQueue(options: MergeQueueOptions): MergeQueue {
  return new FairMergeQueue(options);
}

class FairMergeQueue implements MergeQueue {
  readonly #options: MergeQueueOptions;
  readonly #now = new Set<Branch>();
  readonly #later = new Set<Branch>();
  readonly #tasks: Task[] = [];
  /** The callers that wait for a merge that is queued. */
  readonly #waiting = new Map<Branch, PromiseWithResolvers<void>>();
  /** The merge that runs, with the callers that wait for it. */
  #current: { readonly branch: Branch; readonly done: PromiseWithResolvers<void> } | undefined;
  #running: Promise<void> | undefined;
  #isStarted = false;
  #isStopped = false;
  #masterInRow = 0;
  #nowInRow = 0;

  constructor(options: MergeQueueOptions) {
    this.#options = options;
  }

  enqueue(branch: Branch, priority: "now" | "later"): void {
    if (priority === "now") this.#now.add(branch);
    else this.#later.add(branch);
    this.#startRun();
  }

  isQueued(branch: Branch): boolean {
    return this.#now.has(branch) || this.#later.has(branch);
  }

  async whenMerged(branch: Branch): Promise<void> {
    if (this.#isStopped) return;
    if (this.isQueued(branch)) {
      const known = this.#waiting.get(branch) ?? Promise.withResolvers<void>();
      this.#waiting.set(branch, known);
      await known.promise;
    } else if (this.#current?.branch === branch) await this.#current.done.promise;
  }

  readonly runExclusive = <Result>(task: () => Promise<Result>): Promise<Result> => {
    if (this.#isStopped) return Promise.reject(stopping());
    if (!this.#isStarted) return task();
    return new Promise((resolve, reject) => {
      this.#tasks.push({ run: () => task().then(resolve, reject), reject });
      this.#startRun();
    });
  };

  start(): void {
    this.#isStarted = true;
    if (this.#now.size + this.#later.size + this.#tasks.length > 0) this.#startRun();
  }

  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  stop(): void {
    this.#isStopped = true;
    for (const { resolve } of this.#waiting.values()) resolve();
    this.#waiting.clear();
    for (const { reject } of this.#tasks.splice(0)) reject(stopping());
  }

  #startRun(): void {
    if (this.#isStarted && !this.#isStopped) this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    await endOfBurst(this.#options.fragmentsRead);
    // What is enqueued in one tick becomes one merge; what is enqueued during a merge becomes the next one.
    await Promise.resolve();
    for (let work = this.#next(); work !== undefined; work = this.#next()) {
      await work;
      await endOfBurst(this.#options.fragmentsRead);
    }
    this.#running = undefined;
  }

  #next(): Promise<void> | undefined {
    if (this.#isStopped) return undefined;
    const master = first(this.#now, ({ name }) => name === masterBranch);
    if (master !== undefined && this.#masterInRow < maxInRow) {
      this.#masterInRow++;
      return this.#merge(master);
    }
    this.#masterInRow = 0;
    const task = this.#tasks.shift();
    if (task !== undefined) return task.run();
    const [now, later] = [this.#now, this.#later];
    const branch = firstOf(this.#nowInRow < maxInRow ? [now, later] : [later, now]) ?? master;
    if (branch === undefined) return undefined;
    this.#nowInRow = now.has(branch) ? this.#nowInRow + 1 : 0;
    return this.#merge(branch);
  }

  async #merge(branch: Branch): Promise<void> {
    this.#now.delete(branch);
    this.#later.delete(branch);
    const done = this.#waiting.get(branch) ?? Promise.withResolvers<void>();
    this.#waiting.delete(branch);
    this.#current = { branch, done };
    try {
      await branch.merge();
    } catch (error) {
      const message = `Branch ${branch.name}: the merge failed. The branch still serves its last version.`;
      this.#options.runtime.logger.error(message, error);
    } finally {
      this.#current = undefined;
      done.resolve();
    }
  }
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
