import type { Clock } from "../contracts/clock.ts";

/** What is to happen later, unless the gateway stops before. */
export interface Timers {
  /** Runs something after so many milliseconds. */
  after(ms: number, run: () => void): void;
  /** Forgets what was to happen; from now on nothing does. */
  stop(): void;
}

/** Nothing is to happen yet. */
export function createTimers(clock: Clock): Timers {
  const running = new Set<() => void>();
  let isStopped = false;
  return {
    after(ms, run) {
      if (isStopped) return;
      const cancel = clock.after(ms, () => {
        running.delete(cancel);
        run();
      });
      running.add(cancel);
    },
    stop() {
      isStopped = true;
      for (const cancel of running) cancel();
      running.clear();
    },
  };
}
