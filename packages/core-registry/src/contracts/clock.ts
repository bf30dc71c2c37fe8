/** The time source of the core. Tests replace it, so that they never wait. */
export interface Clock {
  /** Returns the time in milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once, after `ms` milliseconds. Returns a function that cancels the timer. */
  after(ms: number, run: () => void): () => void;
}

/** The clock of the operating system. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: Date.now,
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
