import { type Clock, systemClock } from "../contracts/clock.ts";
import { type Logger, silentLogger } from "../contracts/logger.ts";
import { createYield, type YieldToEventLoop } from "../runtime/yield.ts";

/**
 * What every part of the registry is given: time, log, the end of it all, and its turns of the event loop.
 */
export interface Runtime {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Fires when the registry stops, and never before. */
  readonly signal: AbortSignal;
  readonly timers: Timers;
  readonly yieldToEventLoop: YieldToEventLoop;
}

/** Timers that end with the registry. */
export interface Timers {
  /** Runs a function once, `ms` milliseconds from now, unless the registry stops before. */
  after(ms: number, run: () => void): void;
}

/** A runtime with what stops it. */
export interface OwnedRuntime extends Runtime {
  /** Fires the signal and cancels every timer. Later timers never run. */
  stop(): void;
}

/** Creates the runtime of one registry. */
export function createRuntime({
  clock = systemClock,
  logger = silentLogger,
}: Partial<Runtime>): OwnedRuntime {
  const controller = new AbortController();
  const { signal } = controller;
  const running = new Set<() => void>();
  return {
    clock,
    logger,
    signal,
    yieldToEventLoop: createYield(),
    timers: {
      after(ms, run) {
        if (signal.aborted) return;
        const cancel = clock.after(ms, () => {
          running.delete(cancel);
          run();
        });
        running.add(cancel);
      },
    },
    stop() {
      controller.abort();
      for (const cancel of running) cancel();
      running.clear();
    },
  };
}

/** The listeners of one kind of event. */
export interface Listeners<Event> {
  /** Adds a listener. Returns the function that removes it. */
  add(listener: (event: Event) => void): () => void;
  /** Calls every listener. One that throws is logged, and the others are called all the same. */
  emit(event: Event): void;
}

/** Creates an empty list of listeners. */
export function createListeners<Event>({ logger }: Pick<Runtime, "logger">): Listeners<Event> {
  const listeners = new Set<(event: Event) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    emit(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          logger.error("A listener of the registry threw an error.", error);
        }
      }
    },
  };
}
