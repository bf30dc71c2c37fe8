import { createClient } from "graphql-ws";

/** The service whose events a socket receives. */
export type SubscribedService = "steady" | "changing";

/** Receives the events of a socket and its close code. */
export interface SocketListener {
  event(payload: unknown): void;
  closed(code: number): void;
}

const rawPaths: Readonly<Record<SubscribedService, string>> = {
  steady: "/steady/ticks",
  changing: "/changing/feed",
};
const fields: Readonly<Record<SubscribedService, string>> = {
  steady: "steadyTick",
  changing: "changingTick",
};

/** Opens a WebSocket on a route. */
export function rawSocket(
  port: number,
  subscribed: SubscribedService,
  listener: SocketListener,
): { close(): void } {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${rawPaths[subscribed]}`);
  socket.addEventListener("message", ({ data }) => listener.event(JSON.parse(String(data))));
  socket.addEventListener("close", ({ code }) => listener.closed(code));
  return socket;
}

/** Opens a GraphQL subscription on its own socket. */
export function graphqlSocket(
  port: number,
  subscribed: SubscribedService,
  listener: SocketListener,
): { close(): void } {
  const field = fields[subscribed];
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    retryAttempts: 0,
    on: { closed: (event) => listener.closed((event as { readonly code: number }).code) },
  });
  client.subscribe<Record<string, unknown>>(
    { query: `subscription { ${field} { n } }` },
    {
      next: ({ data }) => listener.event(data?.[field]),
      // The close event of the socket reports the same.
      error: () => undefined,
      complete: () => undefined,
    },
  );
  return { close: () => void client.dispose() };
}
