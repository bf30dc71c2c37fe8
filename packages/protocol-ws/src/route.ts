import {
  type Accept,
  attachedValue,
  type Sources,
  type Subscription,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import type { RouteParts } from "./parts.ts";
import { sendEvents } from "./send-events.ts";
import { takeMessages } from "./take-messages.ts";

/** What a socket was opened with. */
interface Opened {
  readonly sources: Sources;
  readonly subscription: Subscription | undefined;
}

const accepted: Accept = { accept: true };
/** Of every route of this protocol: a message finds the newest route's connector here. */
const madeOf = attachedValue<WebSocketRoute, RouteParts>();

/**
 * Makes a pub/sub route (S6.1). Before the upgrade: casts of path and query, and the subscribe policies. Then events are
 * sent as they come, and messages are published one by one, each as the newest version says.
 */
export function pubSubRoute(parts: RouteParts): WebSocketRoute {
  const { path, key, fingerprint, subscribe, publish } = parts;
  const route: WebSocketRoute = {
    kind: "websocket",
    path,
    key,
    fingerprint,
    accept: async (request, scope) => {
      const sources: Sources = { path: request.params, query: request.query };
      await publish?.check?.(scope, sources);
      const subscription = await subscribe?.accept(scope, sources);
      scope.memo<Opened>(route, () => ({ sources, subscription }));
      return accepted;
    },
    open: async (socket, scope, connection) => {
      const { sources, subscription } = scope.memo<Opened>(route, neverAccepted);
      const deliveries = subscription?.open(() => connection.scope());
      const talk = { socket, connection, sources, newest: () => madeOf.get(connection.route()) ?? parts };
      // The messages end with the socket, and the events with the messages.
      const taken = takeMessages(talk).finally(() => deliveries?.return?.());
      await Promise.all([
        taken,
        deliveries === undefined ? undefined : sendEvents(deliveries, socket, parts),
      ]);
    },
  };
  madeOf.set(route, parts);
  return route;
}

function neverAccepted(): never {
  throw new TypeError("A socket is opened with the scope that accepted it.");
}
