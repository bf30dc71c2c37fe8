import type { Clock } from "@tidegate/core-registry";
import { LRUCache } from "lru-cache";
import type { Host } from "./host.ts";

/** The processes of services that broke a limit (S11.2). */
export interface Cells {
  /** From now on a service lives apart. */
  assign(service: string): void;
  /** Where a service lives that lives apart. */
  of(service: string): Host | undefined;
  /** A process is gone. */
  forget(host: Host): void;
  /** Stops looking after them. */
  stop(): void;
}

/** More services than this share. */
const mostCells = 8;
const mostOutcasts = 10_000;
const emptyAfter = 60_000;

/**
 * Looks after them: one per service as long as there are few, ended when nobody needed them for a minute.
 *
 * @param take gives a new process
 */
export function makeCells(take: () => Host, clock: Clock): Cells {
  const outcasts = new LRUCache<string, true>({ max: mostOutcasts });
  const homes = new LRUCache<string, Host>({ max: mostOutcasts });
  const used = new Map<Host, number>();
  let cancel: (() => void) | undefined;

  const leastLoaded = (): Host | undefined =>
    [...used.keys()].sort((one, other) => one.calls.size - other.calls.size)[0];

  const sweep = (): void => {
    cancel = undefined;
    for (const [host, at] of used)
      if (host.calls.size === 0 && clock.now() - at >= emptyAfter) {
        forget(host);
        host.kill();
      }
    if (used.size > 0) cancel = clock.after(emptyAfter, sweep);
  };
  const forget = (host: Host): void => {
    used.delete(host);
    for (const [service, home] of homes) if (home === host) homes.delete(service);
  };

  return {
    assign: (service) => {
      outcasts.set(service, true);
    },
    of(service) {
      if (outcasts.get(service) === undefined) return undefined;
      let host = homes.get(service);
      if (host === undefined) {
        host = (used.size >= mostCells ? leastLoaded() : undefined) ?? take();
        host.house(service);
        homes.set(service, host);
      }
      used.set(host, clock.now());
      cancel ??= clock.after(emptyAfter, sweep);
      return host;
    },
    forget,
    stop: () => cancel?.(),
  };
}
