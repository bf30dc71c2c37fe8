import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server as NodeServer,
  type RequestListener,
} from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Clock, type Listening, TidegateError } from "@tidegate/core-registry";

/** What a listener is opened with. */
export interface ListenerInput {
  readonly host: string;
  /** The TCP port; 0 takes a free port. */
  readonly port: number;
  /** The number of open connections above which new ones are dropped. */
  readonly maxConnections: number;
  readonly handle: RequestListener;
  /** Handles each request with the header `Upgrade: websocket`. */
  readonly upgrade: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly clock: Clock;
}

/** An open HTTP/1.1 listener, which serves until it is closed. */
export interface Listener {
  readonly listening: Listening;
  /**
   * Accepts no more connections, waits at most `drainMs` for running requests, then closes all connections.
   */
  close(drainMs: number): Promise<void>;
}

/** Slow clients are disconnected; idle connections live longer than those of common load balancers (60 s). */
const options = {
  headersTimeout: 20_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  optimizeEmptyRequests: true,
  // `checkHead` refuses requests without Host, with a problem document.
  requireHostHeader: false,
  shouldUpgradeCallback: ({ headers }: IncomingMessage): boolean =>
    headers.upgrade?.toLowerCase() === "websocket",
};

/**
 * Opens an HTTP/1.1 listener.
 * @throws `CONFIG_INVALID` where the address cannot be bound
 */
export async function openListener(input: ListenerInput): Promise<Listener> {
  const node = createServer({ ...options }, input.handle);
  node.maxConnections = input.maxConnections;
  node.on("upgrade", input.upgrade);
  // Without these listeners, Node answers 100 Continue before a route is known, and 417 by itself.
  node.on("checkContinue", input.handle);
  node.on("checkExpectation", input.handle);
  const sockets = trackSockets(node);
  try {
    await once(node.listen(input.port, input.host), "listening");
  } catch (cause) {
    throw bindError(cause, input);
  }
  return {
    listening: addressOf(node),
    close: (drainMs) => closeServer(node, sockets, input.clock, drainMs),
  };
}

function trackSockets(node: NodeServer): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  node.on("connection", (socket: Socket) => {
    // Node keeps the address of a socket that closes only where it was read before. Hooks of middleware ask
    // for it then.
    void socket.remoteAddress;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

function closeServer(
  node: NodeServer,
  sockets: ReadonlySet<Socket>,
  clock: Clock,
  drainMs: number,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const stopTimer = clock.after(drainMs, destroyAll);
  node.close(() => {
    stopTimer();
    // Node does not count upgraded connections as the server's.
    destroyAll();
    resolve();
  });
  node.closeIdleConnections();
  // Node counts a connection that has not sent anything as busy.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  return promise;
}

function addressOf(node: NodeServer): Listening {
  const address = node.address();
  if (address === null || typeof address === "string")
    throw new TidegateError("INTERNAL", "The listener has no IP address.");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    protocol: "http",
    host: address.address,
    port: address.port,
    url: `http://${host}:${address.port}`,
  };
}

function bindError(cause: unknown, { host, port }: ListenerInput): TidegateError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return new TidegateError("CONFIG_INVALID", bindProblem(code, cause, host, port), { cause });
}

function bindProblem(code: unknown, cause: unknown, host: string, port: number): string {
  if (code === "EADDRINUSE")
    return `Port ${port} on ${host} is already in use. Stop the other process or choose another port.`;
  if (code === "EACCES") return `No permission to listen on ${host}, port ${port}. Choose a port above 1023.`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `Cannot listen on ${host}, port ${port}: ${reason}.`;
}
