import type { Clock, Logger, ServedApi } from "@tidegate/core-registry";
import type { WebSocketSettings } from "../options.ts";
import type { ServerConnection } from "./connection.ts";
import type { ServerSocket } from "./socket.ts";

/** An open socket and its connection. */
export interface OpenSocket {
  readonly socket: ServerSocket;
  readonly connection: ServerConnection;
}

/** The longest delay of a timer: 24.8 days. */
const maxTimerMs = 2 ** 31 - 1;

/** All open sockets of one server: pings them, notifies them of swaps, closes those whose route changes. */
export class OpenSockets {
  readonly #logger: Logger;
  readonly #settings: WebSocketSettings;
  readonly #clock: Clock;
  readonly #outdated: OutdatedSockets;
  readonly #stopListening: () => void;
  /** Each socket with a promise that resolves when it is removed. */
  readonly #all = new Map<OpenSocket, Promise<void>>();
  #stopTimer: (() => void) | undefined;

  constructor(api: Pick<ServedApi, "onSwap" | "logger">, settings: WebSocketSettings, clock: Clock) {
    this.#logger = api.logger;
    this.#settings = settings;
    this.#clock = clock;
    this.#outdated = new OutdatedSockets(clock, settings.retireSeconds * 1000);
    this.#stopListening = api.onSwap((branch) => this.#notifySwap(branch));
  }

  get size(): number {
    return this.#all.size;
  }

  /**
   * Adds a socket until it is disconnected and its route has ended.
   * @param routeEnded resolves when the route has ended
   */
  add(open: OpenSocket, routeEnded: Promise<void>): void {
    void open.socket.closed.then(() => this.#outdated.cancel(open));
    const ended = Promise.all([open.socket.disconnected, routeEnded]);
    this.#all.set(
      open,
      ended.then(() => this.#remove(open)),
    );
    this.#startTimer();
    // The branch can have been swapped during the upgrade.
    this.#closeOutdated([open]);
  }

  /** Closes all sockets with 1001, and waits at most `drainMs` for their connections and routes to end. */
  async stop(drainMs: number): Promise<void> {
    this.#stopListening();
    this.#stopTimer?.();
    if (this.#all.size === 0) return;
    for (const { socket } of this.#all.keys()) socket.close(1001, "The gateway is shutting down. Reconnect.");
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const stopTimeout = this.#clock.after(drainMs, resolve);
    await Promise.race([Promise.all(this.#all.values()), timeout]);
    stopTimeout();
  }

  #remove(open: OpenSocket): void {
    this.#all.delete(open);
    if (this.#all.size > 0) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  /** Starts the ping timer, which runs only while there are sockets. */
  #startTimer(): void {
    this.#stopTimer ??= this.#clock.after(this.#settings.idleSeconds * 1000, () => this.#checkAll());
  }

  #checkAll(): void {
    this.#stopTimer = undefined;
    for (const { socket } of this.#all.keys()) socket.checkAlive();
    if (this.#all.size > 0) this.#startTimer();
  }

  #notifySwap(branch: string): void {
    const sockets = [...this.#all.keys()].filter(({ connection }) => connection.branch === branch);
    for (const { connection } of sockets) {
      try {
        connection.notifySwap();
      } catch (error) {
        this.#logger.error("The swap listener of a WebSocket route failed.", error);
      }
    }
    this.#closeOutdated(sockets);
  }

  #closeOutdated(sockets: readonly OpenSocket[]): void {
    if (this.#settings.onRetire === "close") this.#outdated.schedule(sockets);
  }
}

/** Closes sockets whose route has changed or is gone (S6.4), spread over a window of time. */
class OutdatedSockets {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #timers = new Map<OpenSocket, () => void>();

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /** Schedules the close of each socket that is outdated now. */
  schedule(sockets: readonly OpenSocket[]): void {
    const outdated = sockets.filter((open) => !this.#timers.has(open) && !open.connection.isCurrent());
    for (const [index, open] of outdated.entries()) {
      const delayMs = (this.#windowMs * index) / outdated.length;
      const stopTimer = this.#clock.after(delayMs, () => this.#close(open));
      this.#timers.set(open, stopTimer);
    }
  }

  /** Cancels the close of a socket that is already closed. */
  cancel(open: OpenSocket): void {
    this.#timers.get(open)?.();
    this.#timers.delete(open);
  }

  #close(open: OpenSocket): void {
    this.#timers.delete(open);
    // A newer version can have brought the route back as it was.
    if (!open.connection.isCurrent())
      open.socket.close(1012, "The route of this socket has changed. Reconnect.");
  }
}

/** Calls `run` at a time in milliseconds since the epoch, even a distant one. Returns its cancellation. */
export function runAt(time: number, clock: Clock, run: () => void): () => void {
  let cancel: () => void;
  const wait = (): void => {
    const leftMs = time - clock.now();
    cancel = leftMs <= maxTimerMs ? clock.after(Math.max(0, leftMs), run) : clock.after(maxTimerMs, wait);
  };
  wait();
  return () => cancel();
}
