import type { Connection, Socket } from "@tidegate/core-registry";
import { recorder } from "@tidegate/plugin-testkit";
import type { bench } from "./kit.ts";
import { request } from "./kit.ts";

/** What comes over a socket. */
export interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

/** A socket in memory with a client at its other end, on what the bench serves now. */
export async function connect(
  { socketRoute, scopeOf, registry }: Awaited<ReturnType<typeof bench>>,
  {
    headers = {},
    init = true,
    taken = async () => undefined,
  }: { headers?: Record<string, string>; init?: boolean; taken?: () => Promise<void> } = {},
) {
  const upgrade = request({ headers: { ...headers, "sec-websocket-protocol": "graphql-transport-ws" } });
  const route = socketRoute();
  const accepted = await route.accept(upgrade, scopeOf(upgrade));
  if (!("accept" in accepted)) throw new Error("It was refused.");
  const received = recorder<Message>("messages");
  const closed = Promise.withResolvers<{ readonly code: number; readonly reason: string }>();
  const incoming: string[] = [];
  let wake = (): void => undefined;
  let isClosed = false;
  const close = (code: number, reason: string): void => {
    isClosed = true;
    closed.resolve({ code, reason });
    wake();
  };
  async function* messages(): AsyncGenerator<string> {
    for (;;) {
      const next = incoming.shift();
      if (next !== undefined) yield next;
      else if (isClosed) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  const socket: Socket = {
    protocol: accepted.protocol ?? "",
    messages: messages(),
    send: async (text) => {
      if (isClosed) throw new Error("closed");
      received.push(JSON.parse(String(text)));
      await taken();
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
    wake();
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
