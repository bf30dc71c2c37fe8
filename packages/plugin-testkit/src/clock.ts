import type { Clock } from "@tidegate/core-registry";

/** A clock that only the test advances. */
export interface ManualClock extends Clock {
  /** Advances the time by `ms` milliseconds and runs the due timers in their order. */
  advance(ms: number): void;
  /** The number of timers that are set and not yet due. */
  readonly pending: number;
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Creates a clock that shows `start` (milliseconds since the epoch, default 0). */
export function manualClock(start = 0): ManualClock {
  const timers = new Set<Timer>();
  let time = start;

  const nextUntil = (end: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers)
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  };

  return {
    now: () => time,
    after: (ms, run) => {
      const timer = { at: time + Math.max(0, ms), run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance: (ms) => {
      const end = time + ms;
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        timers.delete(timer);
        time = timer.at;
        timer.run();
      }
      time = end;
    },
    get pending() {
      return timers.size;
    },
  };
}
