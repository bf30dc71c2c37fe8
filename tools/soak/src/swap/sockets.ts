import { createClient } from "graphql-ws";

/** Which service's events a socket is for. */
export type Subscribed = "steady" | "changing";

/** What a socket tells. */
export interface SocketListener {
  /** An event came. */
  event(payload: unknown): void;
  /** It was closed. */
  closed(code: number): void;
}

const rawPaths: Readonly<Record<Subscribed, string>> = {
  steady: "/steady/ticks",
  changing: "/changing/feed",
};
const fields: Readonly<Record<Subscribed, string>> = { steady: "steadyTick", changing: "changingTick" };

/** A WebSocket on a route. */
export function rawSocket(port: number, subscribed: Subscribed, listener: SocketListener): { close(): void } {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${rawPaths[subscribed]}`);
  socket.addEventListener("message", ({ data }) => listener.event(JSON.parse(String(data))));
  socket.addEventListener("close", ({ code }) => listener.closed(code));
  return socket;
}

/** A GraphQL subscription on a socket of its own. */
export function graphqlSocket(
  port: number,
  subscribed: Subscribed,
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
      // The socket's end tells the same.
      error: () => undefined,
      complete: () => undefined,
    },
  );
  return { close: () => void client.dispose() };
}
