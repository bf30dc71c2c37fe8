import type { Clock } from "../../contracts/clock.ts";

/** The removal of one offer. */
export interface Removal {
  /** Identifies the offer. */
  readonly key: string;
  /** The broker of the offer, by its place in the configuration. */
  readonly precedence: number;
  /** In milliseconds. */
  readonly delayMs: number;
  /** Removes the offer. */
  run(): void;
}

/** A removal that waits; without a timer while its broker has lost its connection. */
interface Waiting {
  readonly removal: Removal;
  cancelTimer: (() => void) | undefined;
}

/**
 * The offers that are removed some time after their services went down (S9.3). While a broker has lost its
 * own connection, none of its offers is removed: when the connection is back, each delay begins anew.
 */
export class Removals {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  /** The brokers whose connection is lost, by their places in the configuration. */
  readonly #lost = new Set<number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Schedules a removal. Replaces the previous one of the same offer. */
  schedule(removal: Removal): void {
    this.cancel(removal.key);
    const waiting: Waiting = { removal, cancelTimer: undefined };
    this.#waiting.set(removal.key, waiting);
    if (!this.#lost.has(removal.precedence)) this.#startTimer(waiting);
  }

  cancel(key: string): void {
    this.#waiting.get(key)?.cancelTimer?.();
    this.#waiting.delete(key);
  }

  /** Suspends all removals of a broker that has lost its connection. */
  suspend(precedence: number): void {
    this.#lost.add(precedence);
    for (const waiting of this.#waitingOf(precedence)) {
      waiting.cancelTimer?.();
      waiting.cancelTimer = undefined;
    }
  }

  /** Begins the delays of a broker's removals anew. Does nothing unless they are suspended. */
  resume(precedence: number): void {
    if (!this.#lost.delete(precedence)) return;
    for (const waiting of this.#waitingOf(precedence)) this.#startTimer(waiting);
  }

  /** Cancels all removals. */
  stop(): void {
    for (const { cancelTimer } of this.#waiting.values()) cancelTimer?.();
    this.#waiting.clear();
  }

  #startTimer(waiting: Waiting): void {
    const { key, delayMs, run } = waiting.removal;
    waiting.cancelTimer = this.#clock.after(delayMs, () => {
      this.#waiting.delete(key);
      run();
    });
  }

  #waitingOf(precedence: number): readonly Waiting[] {
    return [...this.#waiting.values()].filter(({ removal }) => removal.precedence === precedence);
  }
}
