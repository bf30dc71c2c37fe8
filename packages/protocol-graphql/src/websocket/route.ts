import {
  type Connection,
  errorMeaning,
  type Scope,
  type Socket,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols, type Server } from "graphql-ws";
import type { BuiltSchema } from "../schema/built-schema.ts";
import type { RunningOperation, Session } from "./session.ts";

/** The most messages that one socket handles at once beside its operations. Above it, reading pauses. */
const maxOtherMessages = 16;

/** What the WebSocket route of a schema is made from. */
export interface SocketRouteOptions {
  readonly server: Server<Session>;
  /** The most operations that run at once on one socket. */
  readonly maxOperations: number;
  /** Returns the schema that a route serves. */
  schemaOf(route: WebSocketRoute): BuiltSchema | undefined;
}

/**
 * Creates the WebSocket route (S5.5). Its fingerprint never changes: after a swap, each running operation is
 * compared by itself.
 */
export function createSocketRoute(options: SocketRouteOptions): WebSocketRoute {
  return {
    kind: "websocket",
    path: "/graphql",
    summary: "GraphQL WebSocket operation endpoint",
    fingerprint: GRAPHQL_TRANSPORT_WS_PROTOCOL,
    accept: (request) => {
      const protocol = handleProtocols(request.header("sec-websocket-protocol") ?? "");
      return protocol === false ? { accept: true } : { accept: true, protocol };
    },
    open: (socket, scope, connection) => serveSocket(options, socket, scope, connection),
  };
}

async function serveSocket(
  { server, maxOperations, schemaOf }: SocketRouteOptions,
  socket: Socket,
  scope: Scope,
  connection: Connection,
): Promise<void> {
  const session: Session = { connection, running: new Set() };
  let receive: (data: string) => Promise<void> = () => Promise.resolve();
  const closed = server.opened(
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
  const stopListening = connection.onSwap(() => {
    const newSchema = schemaOf(connection.route());
    const isAnyChanged = [...session.running].some(
      (running) => newSchema === undefined || hasChanged(running, newSchema),
    );
    if (isAnyChanged) socket.close(1012, "The API changed. Connect again.");
  });
  const pending = new Set<Promise<void>>();
  try {
    for await (const message of socket.messages) {
      const text = typeof message === "string" ? message : Buffer.from(message).toString("utf8");
      // Handling the message of an operation lasts until the operation ends, so the loop does not wait for
      // it.
      const handled: Promise<void> = receive(text)
        .catch((error: unknown) => {
          scope.logFailure(error);
          socket.close(1011, errorMeaning("INTERNAL").title);
        })
        .finally(() => pending.delete(handled));
      pending.add(handled);
      while (pending.size >= maxOperations + maxOtherMessages) await Promise.race(pending);
    }
  } finally {
    stopListening();
    const { code, reason } = await socket.closed;
    await closed(code, reason);
  }
}

// Whether a subscription would run differently on a newer schema (S6.4). Queries and mutations end by
// themselves.
function hasChanged({ operation, builtSchema }: RunningOperation, newSchema: BuiltSchema): boolean {
  if (builtSchema === newSchema || operation.node.operation !== "subscription") return false;
  return [...operation.selected].some(
    (coordinate) => builtSchema.fingerprint(coordinate) !== newSchema.fingerprint(coordinate),
  );
}
