import type { Clock, ServedApi } from "@tidegate/core-registry";
import type { WebSocketSettings } from "../options.ts";
import type { ServerConnection } from "./connection.ts";
import type { ServerSocket } from "./socket.ts";

/** An open socket and its connection. */
export interface OpenSocket {
  readonly socket: ServerSocket;
  readonly connection: ServerConnection;
}

/** All open sockets of one server. */
export interface OpenSockets {
  readonly size: number;
  /**
   * Adds a socket until it is disconnected: it is pinged, and closed when its route changes and at a stop.
   * @param routeEnded resolves when the route has finished
   */
  add(socket: OpenSocket, routeEnded: Promise<void>): void;
  /** Closes all sockets with 1001, and waits at most `drainMs` for their connections and routes to end. */
  stop(drainMs: number): Promise<void>;
}

/** Closes sockets whose route has changed or is gone (S6.4), spread over a window of time. */
interface OutdatedSockets {
  /** Schedules the close of each socket that is outdated now. */
  schedule(sockets: Iterable<OpenSocket>): void;
  /** Cancels the close of a socket that is already closed. */
  cancel(socket: OpenSocket): void;
}

/** The longest delay of a timer: 24.8 days. */
const maxTimerMs = 2 ** 31 - 1;

/** Makes the collection of a server's open sockets. */
export function createOpenSockets(
  api: Pick<ServedApi, "onSwap" | "logger">,
  settings: WebSocketSettings,
  clock: Clock,
): OpenSockets {
  /** Each socket with a promise that resolves when it is removed. */
  const all = new Map<OpenSocket, Promise<unknown>>();
  const outdated = createOutdatedSockets(clock, settings.retireSeconds * 1000);
  let stopTimer: (() => void) | undefined;

  const checkAll = (): void => {
    stopTimer = undefined;
    for (const { socket } of all.keys()) socket.checkAlive();
    if (all.size > 0) startTimer();
  };
  // The timer runs only while there are sockets.
  const startTimer = (): void => {
    stopTimer ??= clock.after(settings.idleSeconds * 1000, checkAll);
  };
  const closeOutdated = (sockets: readonly OpenSocket[]): void => {
    if (settings.onRetire === "close") outdated.schedule(sockets);
  };
  const stopListening = api.onSwap((branch) => {
    const sockets = [...all.keys()].filter(({ connection }) => connection.branch === branch);
    for (const { connection } of sockets) {
      try {
        connection.notifySwap();
      } catch (error) {
        api.logger.error("The swap listener of a WebSocket route failed.", error);
      }
    }
    closeOutdated(sockets);
  });

  return {
    get size() {
      return all.size;
    },
    add(open, routeEnded) {
      const remove = (): void => {
        all.delete(open);
        if (all.size > 0) return;
        stopTimer?.();
        stopTimer = undefined;
      };
      void open.socket.closed.then(() => outdated.cancel(open));
      all.set(open, Promise.all([open.socket.disconnected, routeEnded]).then(remove));
      startTimer();
      // The branch can have been swapped during the upgrade.
      closeOutdated([open]);
    },
    async stop(drainMs) {
      stopListening();
      stopTimer?.();
      if (all.size === 0) return;
      for (const { socket } of all.keys()) socket.close(1001, "The gateway is shutting down. Reconnect.");
      const { promise: timeout, resolve } = Promise.withResolvers<void>();
      const stopTimeout = clock.after(drainMs, resolve);
      await Promise.race([Promise.all(all.values()), timeout]);
      stopTimeout();
    },
  };
}

function createOutdatedSockets(clock: Clock, windowMs: number): OutdatedSockets {
  const timers = new Map<OpenSocket, () => void>();

  const close = (open: OpenSocket): void => {
    timers.delete(open);
    // A newer version can have brought the route back as it was.
    if (!open.connection.isCurrent())
      open.socket.close(1012, "The route of this socket has changed. Reconnect.");
  };

  return {
    schedule(sockets) {
      const outdated = [...sockets].filter((open) => !timers.has(open) && !open.connection.isCurrent());
      for (const [index, open] of outdated.entries()) {
        const delayMs = (windowMs * index) / outdated.length;
        timers.set(
          open,
          clock.after(delayMs, () => close(open)),
        );
      }
    },
    cancel(open) {
      timers.get(open)?.();
      timers.delete(open);
    },
  };
}

/**
 * Calls `run` at a time in milliseconds since the epoch, even a distant one. Returns the function to cancel.
 */
export function runAt(time: number, clock: Clock, run: () => void): () => void {
  let cancel: () => void;
  const wait = (): void => {
    const leftMs = time - clock.now();
    cancel = leftMs <= maxTimerMs ? clock.after(Math.max(0, leftMs), run) : clock.after(maxTimerMs, wait);
  };
  wait();
  return () => cancel();
}
