import type { Clock } from "@tidegate/core-registry";

/** Detects that a process with work to do has stopped answering. */
export interface Watchdog {
  /** Restarts the time limit: the process sent a reply, or gets work after it was idle. */
  reset(): void;
  stop(): void;
}

/** The connections of a watchdog to the process that it observes. */
export interface WatchdogOptions {
  readonly clock: Clock;
  /** The time without a reply after which it acts, in milliseconds. */
  readonly timeout: number;
  /** Tests whether the process has work. */
  isBusy(): boolean;
  /**
   * Called when the process was busy and silent for `timeout`, with the milliseconds of silence. Returns true
   * to wait for another `timeout`.
   */
  onTimeout(silence: number): boolean;
  /** Runs a function after all data that has arrived was read. Default: `setImmediate`. */
  readonly afterReading?: (run: () => void) => void;
}

/**
 * Starts a watchdog. It checks a second time after everything that has arrived was read, so a process is not
 * blamed where the gateway's own event loop was blocked.
 */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const { clock, timeout, isBusy, onTimeout, afterReading = setImmediate } = options;
  let lastReset = clock.now();
  let cancelTimer: (() => void) | undefined;
  let stopped = false;

  const isOverdue = (): boolean => clock.now() - lastReset >= timeout;
  const schedule = (): void => {
    cancelTimer ??= clock.after(Math.max(1, lastReset + timeout - clock.now()), check);
  };
  const check = (): void => {
    cancelTimer = undefined;
    if (stopped || !isBusy()) return;
    if (isOverdue()) afterReading(checkAgain);
    else schedule();
  };
  const checkAgain = (): void => {
    if (stopped || !isBusy()) return;
    if (!isOverdue()) schedule();
    else if (onTimeout(clock.now() - lastReset)) cancelTimer ??= clock.after(timeout, check);
  };

  return {
    reset() {
      lastReset = clock.now();
      if (!stopped && isBusy()) schedule();
    },
    stop() {
      stopped = true;
      cancelTimer?.();
    },
  };
}
