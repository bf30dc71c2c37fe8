import type { Clock } from "@tidegate/core-registry";

/** Watches that something goes on while it has work. */
export interface Watchdog {
  /** Something came back, or there is work after none: the time begins anew. */
  alive(): void;
  /** Ends it. */
  stop(): void;
}

/**
 * Calls `late` once when there was work and no sign of life for a time. Looks twice, the second time after what has
 * arrived was read: where the gateway itself was held up, nobody else is to blame.
 *
 * @param limit milliseconds
 * @param busy whether there is work
 * @param afterReading runs something when everything that has arrived was read; default `setImmediate`
 */
export function watch(
  clock: Clock,
  limit: number,
  busy: () => boolean,
  late: () => void,
  afterReading: (run: () => void) => void = setImmediate,
): Watchdog {
  let since = clock.now();
  let cancel: (() => void) | undefined;
  let stopped = false;
  const overdue = (): boolean => clock.now() - since >= limit;
  const look = (): void => {
    cancel = undefined;
    if (stopped || !busy()) return;
    if (!overdue()) arm();
    else
      afterReading(() => {
        if (stopped || !busy()) return;
        if (overdue()) late();
        else arm();
      });
  };
  const arm = (): void => {
    cancel ??= clock.after(Math.max(1, since + limit - clock.now()), look);
  };
  return {
    alive() {
      since = clock.now();
      if (!stopped && busy()) arm();
    },
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}
