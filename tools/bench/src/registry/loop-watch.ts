import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { makeWaited } from "./waited.ts";

/** What the event loop did in a while. */
export interface LoopTurns {
  /** The longest turn, in milliseconds by the clock. */
  readonly longest: number;
  /** The same without what the thread waited for a core: what other processes do to the machine is not in it. */
  readonly step: number;
}

/** Watches the event loop of this process. */
export interface LoopWatch {
  /** Its longest turns since the watch began, or since this was asked last. */
  turns(): LoopTurns;
  /** The longest step since this was asked last, without the garbage collections in it: what the code itself took. */
  own(): Promise<number>;
  /** How late 999 of 1,000 timers of a millisecond were at most since then, in milliseconds. */
  delay(): number;
  /** Ends it. */
  stop(): void;
}

/** Begins to watch: asks for every turn of the loop, so the process is busy from now on. */
export function watchLoop(): LoopWatch {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const waited = makeWaited();
  let since = performance.now();
  let waitedSince = waited();
  let most = { longest: 0, step: 0 };
  let long: LongTurn[] = [];
  let collections: Collection[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) collections.push({ startTime, duration });
  });
  observer.observe({ entryTypes: ["gc"] });
  const note = (): void => {
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
    note();
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  delays.enable();
  return {
    turns: () => {
      // Whoever asks may be in the longest turn.
      note();
      const turns = most;
      most = { longest: 0, step: 0 };
      return turns;
    },
    own: async () => {
      // Collections are told of a little later.
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

interface LongTurn {
  readonly since: number;
  readonly until: number;
  readonly step: number;
}

interface Collection {
  readonly startTime: number;
  readonly duration: number;
}

function ownStep({ since, until, step }: LongTurn, collections: readonly Collection[]): number {
  const within = collections.filter(({ startTime }) => startTime >= since && startTime < until);
  return step - within.reduce((sum, { duration }) => sum + duration, 0);
}
