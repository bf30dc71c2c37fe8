import { monitorEventLoopDelay } from "node:perf_hooks";
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
  const note = (): void => {
    const now = performance.now();
    const waitedNow = waited();
    const longest = now - since;
    const step = longest - (waitedNow - waitedSince);
    if (longest > most.longest) most.longest = longest;
    if (step > most.step) most.step = step;
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
    delay: () => {
      const delay = delays.percentile(99.9) / 1e6;
      delays.reset();
      return delay;
    },
    stop: () => {
      clearImmediate(next);
      delays.disable();
    },
  };
}
