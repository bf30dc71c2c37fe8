import type { IncomingMessage, Server as NodeServer } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Clock, type Listening, TidegateError } from "@tidegate/core-registry";
import { serve } from "srvx/node";

/** What a listener is opened with. */
export interface ListenerInput {
  /** The address to bind. */
  readonly host: string;
  /** The port; 0 is any free one. */
  readonly port: number;
  /** Most connections at once; more are dropped. */
  readonly maxConnections: number;
  /** Answers requests. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Answers a request that wants another protocol on its connection. */
  readonly upgrade: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Time. */
  readonly clock: Clock;
}

/** An open listener. */
export interface Listener {
  /** Where it listens. */
  readonly listening: Listening;
  /** Stops accepting, lets what runs finish for at most so many milliseconds, and leaves no connection. */
  close(drainMs: number): Promise<void>;
}

/** Slow clients are cut off (RELIABILITY H01); idle connections outlive those of common load balancers (60 s). */
const timeouts = {
  headersTimeout: 20_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
} as const;

/**
 * Opens an HTTP/1.1 listener.
 * @throws `CONFIG_INVALID` where the address cannot be bound
 */
export async function openListener(input: ListenerInput): Promise<Listener> {
  const server = serve({
    fetch: input.fetch,
    port: input.port,
    hostname: input.host,
    manual: true,
    silent: true,
    gracefulShutdown: false,
    node: {
      ...timeouts,
      optimizeEmptyRequests: true,
      shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === "websocket",
    },
  });
  const node = server.node?.server as NodeServer;
  node.maxConnections = input.maxConnections;
  node.on("upgrade", input.upgrade);
  const sockets = trackSockets(node);
  try {
    await server.serve();
  } catch (cause) {
    throw cannotListen(cause, input);
  }
  return { listening: whereIs(node), close: closer(node, sockets, input.clock) };
}

function trackSockets(node: NodeServer): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  node.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

function closer(node: NodeServer, sockets: ReadonlySet<Socket>, clock: Clock): Listener["close"] {
  return (drainMs) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cut = (): void => {
      for (const socket of sockets) socket.destroy();
    };
    const stop = clock.after(drainMs, cut);
    node.close(() => {
      stop();
      // Upgraded connections are not the server's any more.
      cut();
      resolve();
    });
    node.closeIdleConnections();
    // Connections that never sent anything count as busy for Node.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    return promise;
  };
}

function whereIs(node: NodeServer): Listening {
  const address = node.address();
  if (address === null || typeof address === "string")
    throw new TidegateError("INTERNAL", "No address is bound.");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    protocol: "http",
    host: address.address,
    port: address.port,
    url: `http://${host}:${address.port}`,
  };
}

function cannotListen(cause: unknown, { host, port }: ListenerInput): TidegateError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const problem =
    code === "EADDRINUSE"
      ? `Port ${port} on ${host} is taken by another process. Stop it, or choose another port.`
      : code === "EACCES"
        ? `Port ${port} on ${host} may not be opened by this user. Choose one above 1023.`
        : `Cannot listen on ${host}, port ${port}: ${cause instanceof Error ? cause.message : String(cause)}.`;
  return new TidegateError("CONFIG_INVALID", problem, { cause });
}
