import { createClient } from "graphql-ws";

/** Open sockets of both kinds that receive the events of the service. */
export interface OpenSockets {
  /** Descriptions of the sockets that were closed. */
  readonly closed: readonly string[];
  /** Resolves when every socket has received an event since the call. */
  untilEvents(): Promise<void>;
  close(): void;
}

/** Opens sockets of a WebSocket route, and of a GraphQL subscription. */
export function openSockets(port: number, ofEachKind: number): OpenSockets {
  const closed: string[] = [];
  const received: number[] = [];
  const ends: (() => void)[] = [];
  let ending = false;
  const onClose = (kind: string, code: number): void => {
    if (!ending) closed.push(`${kind}: ${code}`);
  };
  for (let index = 0; index < 2 * ofEachKind; index++) {
    const onEvent = (): void => {
      received[index] = performance.now();
    };
    received[index] = 0;
    ends.push(
      index < ofEachKind ? openRoute(port, onEvent, onClose) : openSubscription(port, onEvent, onClose),
    );
  }
  return {
    closed,
    untilEvents: async () => {
      const since = performance.now();
      while (received.some((at) => at <= since)) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    close: () => {
      ending = true;
      for (const end of ends) end();
    },
  };
}

type OnClose = (kind: string, code: number) => void;

function openRoute(port: number, onEvent: () => void, onClose: OnClose): () => void {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/work/ticks`);
  socket.addEventListener("message", onEvent);
  socket.addEventListener("close", ({ code }) => onClose("route", code));
  return () => socket.close();
}

function openSubscription(port: number, onEvent: () => void, onClose: OnClose): () => void {
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    retryAttempts: 0,
    on: {
      closed: (event) => {
        const isEvent = typeof event === "object" && event !== null && "code" in event;
        onClose("subscription", isEvent ? Number(event.code) : 0);
      },
    },
  });
  client.subscribe(
    { query: "subscription { workTick { n } }" },
    { next: onEvent, error: () => undefined, complete: () => onClose("subscription completed", 0) },
  );
  return () => void client.dispose();
}
