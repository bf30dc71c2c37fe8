import { openSync, readSync } from "node:fs";
import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";

/** The longest iterations of the event loop in a period. */
export interface LoopIterations {
  readonly longest: number;
  /**
   * The longest iteration without the time that the thread waited for a core, which other processes cause.
   */
  readonly step: number;
}

/** Measures the event loop of this process. */
export interface LoopWatch {
  /** The longest iterations since the last call. */
  turns(): LoopIterations;
  /** The longest step since the last call, without garbage collections. */
  own(): Promise<number>;
  /** The 99.9th percentile of the event loop delay since the last call, in milliseconds. */
  delay(): number;
  stop(): void;
}

/** Starts measuring. It schedules work in every iteration, so the process is never idle. */
export function watchLoop(): LoopWatch {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const waited = createWaitClock();
  let since = performance.now();
  let waitedSince = waited();
  let most = { longest: 0, step: 0 };
  let long: LongIteration[] = [];
  let collections: Collection[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) collections.push({ startTime, duration });
  });
  observer.observe({ entryTypes: ["gc"] });
  const record = (): void => {
    const now = performance.now();
    const waitedNow = waited();
    const longest = now - since;
    const step = longest - (waitedNow - waitedSince);
    if (longest > most.longest) most.longest = longest;
    if (step > most.step) most.step = step;
    if (step > 1) long.push({ since, until: now, step });
    since = now;
    waitedSince = waitedNow;
  };
  const turn = (): void => {
    record();
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  delays.enable();
  return {
    turns: () => {
      // The current iteration can be the longest one.
      record();
      const turns = most;
      most = { longest: 0, step: 0 };
      return turns;
    },
    own: async () => {
      // Garbage collections are reported with a delay.
      await new Promise((resolve) => setTimeout(resolve, 50));
      const own = Math.max(0, ...long.map((turn) => ownStep(turn, collections)));
      long = [];
      collections = [];
      return own;
    },
    delay: () => {
      const delay = delays.percentile(99.9) / 1e6;
      delays.reset();
      return delay;
    },
    stop: () => {
      clearImmediate(next);
      delays.disable();
      observer.disconnect();
    },
  };
}

interface LongIteration {
  readonly since: number;
  readonly until: number;
  readonly step: number;
}

interface Collection {
  readonly startTime: number;
  readonly duration: number;
}

function ownStep({ since, until, step }: LongIteration, collections: readonly Collection[]): number {
  const within = collections.filter(({ startTime }) => startTime >= since && startTime < until);
  return step - within.reduce((sum, { duration }) => sum + duration, 0);
}

/**
 * Returns a function that returns the milliseconds for which the main thread was runnable but had no core,
 * since the start of the process. Only Linux reports this; elsewhere the result is 0.
 */
function createWaitClock(): () => number {
  const file = openStatistics();
  if (file === undefined) return () => 0;
  const bytes = Buffer.alloc(96);
  return () => {
    const [, waited = "0"] = bytes
      .toString("latin1", 0, readSync(file, bytes, 0, bytes.length, 0))
      .split(" ");
    return Number(waited) / 1e6;
  };
}

function openStatistics(): number | undefined {
  try {
    return openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
  } catch {
    return undefined;
  }
}
