import type { Connection, Socket } from "@tidegate/core-registry";
import { recorder } from "@tidegate/plugin-testkit";
import type { testGateway } from "./test-gateway.ts";
import { request } from "./test-gateway.ts";

/** A message of graphql-transport-ws. */
export interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

/** Connects a client to the WebSocket route of the newest version, over a socket in memory. */
export async function connect(
  { socketRoute, scopeOf, registry }: Awaited<ReturnType<typeof testGateway>>,
  {
    headers = {},
    init = true,
    onSend = async () => undefined,
  }: { headers?: Record<string, string>; init?: boolean; onSend?: () => Promise<void> } = {},
) {
  const upgrade = request({ headers: { ...headers, "sec-websocket-protocol": "graphql-transport-ws" } });
  const route = socketRoute();
  const accepted = await route.accept(upgrade, scopeOf(upgrade));
  if (!("accept" in accepted)) throw new Error("The route refused the upgrade.");
  const received = recorder<Message>("messages");
  const closed = Promise.withResolvers<{ readonly code: number; readonly reason: string }>();
  const incoming: string[] = [];
  let onIncoming = (): void => undefined;
  let isClosed = false;
  const close = (code: number, reason: string): void => {
    isClosed = true;
    closed.resolve({ code, reason });
    onIncoming();
  };
  async function* messages(): AsyncGenerator<string> {
    for (;;) {
      const next = incoming.shift();
      if (next !== undefined) yield next;
      else if (isClosed) return;
      else await new Promise<void>((resolve) => (onIncoming = resolve));
    }
  }
  const socket: Socket = {
    protocol: accepted.protocol ?? "",
    messages: messages(),
    send: async (text) => {
      if (isClosed) throw new Error("closed");
      received.push(JSON.parse(String(text)));
      await onSend();
    },
    ping: () => undefined,
    close,
    closed: closed.promise,
  };
  const offs: (() => void)[] = [];
  const connection: Connection = {
    route: socketRoute,
    scope: () => scopeOf(upgrade),
    onSwap: (listener) => {
      const off = registry.onSwap(listener);
      offs.push(off);
      return off;
    },
  };
  const done = route.open(socket, scopeOf(upgrade), connection);
  const send = (message: Message): void => {
    incoming.push(JSON.stringify(message));
    onIncoming();
  };
  if (init) {
    send({ type: "connection_init" });
    await received.waitFor(({ type }) => type === "connection_ack");
  }
  const subscribe = (id: string, query: string, variables?: object): void =>
    send({ id, type: "subscribe", payload: { query, variables } });
  const next = (id: string, nth = 1): Promise<unknown> => {
    let seen = 0;
    return received.waitFor((message) => message.id === id && ++seen > 0 && seen >= nth);
  };
  return { send, subscribe, received, next, close, closed: closed.promise, done };
}
