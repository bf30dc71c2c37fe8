import type { Clock, ServedApi } from "@tidegate/core-registry";
import type { ServerConnection } from "./connection.ts";
import type { LiveSocket } from "./live-socket.ts";
import type { WebSocketSettings } from "./options.ts";
import { createRetirement } from "./retirement.ts";

/** Every socket that is open. */
export interface LiveSockets {
  /** How many there are. */
  readonly size: number;
  /**
   * Keeps one until its connection is gone: asked whether it lives, retired, closed at a stop.
   * @param served resolves when its route has done with it
   */
  add(live: LiveSocket, served: Promise<void>): void;
  /** Closes all of them with 1001; waits at most so long until their connections are gone and their routes have done with them. */
  stop(drainMs: number): Promise<void>;
}

/** Keeps the open sockets of one server. */
export function createLiveSockets(
  api: Pick<ServedApi, "onSwap" | "logger">,
  settings: WebSocketSettings,
  clock: Clock,
): LiveSockets {
  const all = new Map<LiveSocket, Promise<unknown>>();
  const retirement = createRetirement({ clock, windowMs: settings.retireSeconds * 1000 });
  let stopBeating: (() => void) | undefined;

  const beat = (): void => {
    stopBeating = undefined;
    for (const { socket } of all.keys()) socket.beat();
    if (all.size > 0) startBeating();
  };
  // No timer runs where there is no socket.
  const startBeating = (): void => {
    stopBeating ??= clock.after(settings.idleSeconds * 1000, beat);
  };
  const review = (sockets: readonly LiveSocket[]): void => {
    if (settings.onRetire === "close") retirement.review(sockets);
  };
  const tell = (connection: ServerConnection): void => {
    try {
      connection.swapped();
    } catch (error) {
      api.logger.error("A socket's route failed at a swap.", error);
    }
  };
  const stopListening = api.onSwap((branch) => {
    const touched = [...all.keys()].filter(({ connection }) => connection.branch === branch);
    for (const { connection } of touched) tell(connection);
    review(touched);
  });

  return {
    get size() {
      return all.size;
    },
    add(live, served) {
      const forget = (): void => {
        all.delete(live);
        if (all.size > 0) return;
        stopBeating?.();
        stopBeating = undefined;
      };
      void live.socket.closed.then(() => retirement.forget(live));
      all.set(live, Promise.all([live.socket.gone, served]).then(forget));
      startBeating();
      // A swap may have come while it was opened.
      review([live]);
    },
    async stop(drainMs) {
      stopListening();
      stopBeating?.();
      if (all.size === 0) return;
      for (const { socket } of all.keys()) socket.close(1001, "The gateway stops. Connect again.");
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const stopTimer = clock.after(drainMs, resolve);
      await Promise.race([Promise.all(all.values()), late]);
      stopTimer();
    },
  };
}
