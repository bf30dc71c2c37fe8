import type { Clock } from "@tidegate/core-registry";
import type { LiveSocket } from "./live-socket.ts";

/** How sockets whose route is not there any more are closed. */
export interface RetirementInput {
  /** Time. */
  readonly clock: Clock;
  /** The milliseconds over which they are closed. */
  readonly windowMs: number;
}

/** Closes sockets whose route changed or went (S6.4), one after another. */
export interface Retirement {
  /** Looks at sockets after a swap of their branch. */
  review(sockets: Iterable<LiveSocket>): void;
  /** A socket is gone. */
  forget(socket: LiveSocket): void;
}

/** Makes the retirement of a server's sockets. */
export function createRetirement({ clock, windowMs }: RetirementInput): Retirement {
  const timers = new Map<LiveSocket, () => void>();

  const retire = (live: LiveSocket): void => {
    timers.delete(live);
    // What came back meanwhile as it was has not changed.
    if (!live.connection.isCurrent())
      live.socket.close(1012, "The route of this socket has changed. Connect again.");
  };

  return {
    review(sockets) {
      const outdated = [...sockets].filter((live) => !timers.has(live) && !live.connection.isCurrent());
      for (const [index, live] of outdated.entries())
        timers.set(
          live,
          clock.after((windowMs * index) / outdated.length, () => retire(live)),
        );
    },
    forget(live) {
      timers.get(live)?.();
      timers.delete(live);
    },
  };
}
