import type { Connection, Socket, WebSocketRoute } from "@tidegate/core-registry";
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols, type Server } from "graphql-ws";
import type { Whole } from "../schema/whole.ts";
import type { Running, Session } from "./session.ts";

/** How many messages that are no operations may wait to be handled: a client that takes no answers is read no further. */
const mostWaiting = 16;

/** What the route is made of. */
export interface SocketParts {
  /** Speaks the protocol. */
  readonly sessions: Server<Session>;
  /** How many operations may run at once on one socket. */
  readonly maxOperations: number;
  /** What a route serves. */
  wholeOf(route: WebSocketRoute): Whole | undefined;
}

/** The route of sockets (S5.5). Its fingerprint never changes: what runs on a socket is judged operation by operation. */
export function socketRoute(parts: SocketParts): WebSocketRoute {
  return {
    kind: "websocket",
    path: "/graphql",
    key: "/graphql",
    fingerprint: GRAPHQL_TRANSPORT_WS_PROTOCOL,
    accept: (request) => {
      const offered = handleProtocols(request.header("sec-websocket-protocol") ?? "");
      return offered === false ? { accept: true } : { accept: true, protocol: offered };
    },
    open: (socket, _scope, connection) => serveSocket(parts, socket, connection),
  };
}

async function serveSocket(
  { sessions, maxOperations, wholeOf }: SocketParts,
  socket: Socket,
  connection: Connection,
): Promise<void> {
  const session: Session = { connection, running: new Set() };
  let receive: (data: string) => Promise<void> = () => Promise.resolve();
  const closed = sessions.opened(
    {
      protocol: socket.protocol,
      send: (data) => socket.send(data),
      close: (code, reason) => socket.close(code ?? 1000, reason ?? ""),
      onMessage: (handle) => {
        receive = handle;
      },
    },
    session,
  );
  const off = connection.onSwap(() => {
    const whole = wholeOf(connection.route());
    const changed = [...session.running].some((each) => whole === undefined || hasChanged(each, whole));
    if (changed) socket.close(1012, "The API changed.");
  });
  const pending = new Set<Promise<void>>();
  try {
    for await (const message of socket.messages) {
      const text = typeof message === "string" ? message : Buffer.from(message).toString("utf8");
      // An operation is handled until it ends: only what it is told in between is waited for.
      const handled: Promise<void> = receive(text)
        .catch(() => socket.close(1011, "Something went wrong here."))
        .finally(() => pending.delete(handled));
      pending.add(handled);
      while (pending.size >= maxOperations + mostWaiting) await Promise.race(pending);
    }
  } finally {
    off();
    const { code, reason } = await socket.closed;
    await closed(code, reason);
  }
}

/** Whether a running operation would be another one on a newer whole (S6.4). Queries and mutations end by themselves. */
export function hasChanged({ operation, whole: before }: Running, after: Whole): boolean {
  if (before === after || operation.node.operation !== "subscription") return false;
  return [...operation.touched].some((touched) => before.fingerprint(touched) !== after.fingerprint(touched));
}
