import type { Clock } from "../contracts/clock.ts";
import type { Logger } from "../contracts/logger.ts";

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

/** Who wants to hear of something. */
export interface Listeners<Event> {
  /** Adds one; returns what takes it out. */
  add(listener: (event: Event) => void): () => void;
  /** Tells all of them. One that throws hurts nobody. */
  tell(event: Event): void;
}

/** Nobody yet. */
export function createListeners<Event>(logger: Logger): Listeners<Event> {
  const listeners = new Set<(event: Event) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          logger.error("A listener failed.", error);
        }
      }
    },
  };
}
