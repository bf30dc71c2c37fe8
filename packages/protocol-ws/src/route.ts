import {
  type Accept,
  type Connection,
  type Connector,
  type Delivery,
  type Finding,
  isTidegateError,
  type Scope,
  type Socket,
  type Sources,
  type SubscribeConnector,
  type Subscription,
  TidegateError,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import { attachedValue } from "@tidegate/core-registry/runtime";
import { decodeMessage, encodeError, encodeMessage } from "./message.ts";

/** The compiled parts from which a route is created. */
export interface RouteParts extends Required<Pick<WebSocketRoute, "path" | "endpoint">> {
  /** Delivers events, which the route sends to the socket. */
  readonly subscribe: SubscribeConnector | undefined;
  /** Publishes the messages of the socket. */
  readonly publish: Connector | undefined;
  /** True: the socket gets no error frames. */
  readonly ignoreError: boolean;
  readonly jsonPath: string;
  /** Reports a fault to the nodes that published the route. */
  report(finding: Finding): void;
}

/** The results of `accept` that `open` needs. */
interface AcceptedUpgrade {
  readonly sources: Sources;
  readonly subscription: Subscription | undefined;
}

const accepted: Accept = { accept: true };
/**
 * The parts of every route of this protocol: an open socket finds the connectors of its newest route here.
 */
const partsOf = attachedValue<WebSocketRoute, RouteParts>();

/**
 * Creates a route (S6.1). Before the upgrade it checks the casts of path and query, and the subscribe
 * policies. Then it sends events as they arrive, and publishes messages one by one through the connector of
 * the newest version.
 */
export function pubSubRoute(parts: RouteParts): WebSocketRoute {
  const { path, endpoint, subscribe, publish } = parts;
  const route: WebSocketRoute = {
    kind: "websocket",
    path,
    endpoint,
    accept: async (request, scope) => {
      const sources: Sources = { path: request.params, query: request.query };
      await publish?.check?.(scope, sources);
      const subscription = await subscribe?.accept(scope, sources);
      scope.memo<AcceptedUpgrade>(route, () => ({ sources, subscription }));
      return accepted;
    },
    open: async (socket, scope, connection) => {
      const { sources, subscription } = scope.memo<AcceptedUpgrade>(route, failUnaccepted);
      const deliveries = subscription?.open(() => connection.scope());
      const newestParts = () => partsOf.get(connection.route()) ?? parts;
      const publishing = publishMessages({ socket, connection, sources, newestParts });
      const sending = deliveries && sendEvents(deliveries, socket, parts);
      // Messages end with the socket; then the subscription ends too.
      await Promise.all([publishing.finally(() => deliveries?.return?.()), sending]);
    },
  };
  partsOf.set(route, parts);
  return route;
}

function failUnaccepted(): never {
  throw new TypeError("`open` needs the scope that was given to `accept`.");
}

/**
 * Sends events as they arrive (S6.1), until the subscription ends. Does not wait for a slow reader: the
 * server closes the socket when too much data waits.
 *
 * @throws {TidegateError} `SLOW_CONSUMER` where events arrive faster than the socket sends them
 */
async function sendEvents(
  deliveries: AsyncIterable<Delivery>,
  socket: Socket,
  parts: RouteParts,
): Promise<void> {
  for await (const delivery of deliveries) {
    const message = encodeDelivery(delivery, parts);
    delivery.scope.end();
    // Sending fails only where the socket is closed, which ends the subscription.
    if (message !== undefined) socket.send(message).catch(() => undefined);
  }
}

function encodeDelivery(delivery: Delivery, parts: RouteParts): string | Uint8Array | undefined {
  try {
    if (delivery.error !== undefined) throw delivery.error;
    return encodeMessage(delivery.value);
  } catch (error) {
    reportUnexpected(parts, error, delivery.scope);
    delivery.scope.logFailure(error, "event");
    return parts.ignoreError ? undefined : encodeError(error, delivery.scope);
  }
}

interface OpenSocket {
  readonly socket: Socket;
  readonly connection: Connection;
  /** `path` and `query` of the upgrade. */
  readonly sources: Sources;
  /** The parts of the route in the newest version (S6.4). */
  newestParts(): RouteParts;
}

/** Publishes the messages of a socket one by one (S6.1), until the socket ends. Never rejects. */
async function publishMessages(open: OpenSocket): Promise<void> {
  for await (const message of open.socket.messages) {
    const errorFrame = await publishMessage(open, message);
    // Waits until the client reads the error, so a client that ignores errors cannot send more.
    if (errorFrame !== undefined) await open.socket.send(errorFrame).catch(() => undefined);
  }
}

/** Publishes one message. Returns an error frame where that fails. */
async function publishMessage(
  { connection, sources, newestParts }: OpenSocket,
  message: string | Uint8Array,
): Promise<string | undefined> {
  const parts = newestParts();
  const scope = connection.scope();
  try {
    if (parts.publish === undefined)
      throw new TidegateError("BAD_REQUEST", "This WebSocket accepts no messages.");
    await parts.publish.run(scope, { ...sources, message: decodeMessage(message) });
    return undefined;
  } catch (error) {
    reportUnexpected(parts, error, scope);
    scope.logFailure(error, "message");
    return parts.ignoreError ? undefined : encodeError(error, scope);
  } finally {
    scope.end();
  }
}

/** Reports an unexpected error. All other errors are the client's, or were reported where they occurred. */
function reportUnexpected({ jsonPath, report }: RouteParts, error: unknown, scope: Scope): void {
  if (isTidegateError(error) && error.code !== "REPLY_INVALID") return;
  const message = error instanceof Error ? error.message : String(error);
  const { requestId } = scope.correlation;
  report({ severity: "error", code: "MESSAGE_FAILED", jsonPath, message, requestId });
}
