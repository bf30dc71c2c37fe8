import type { Connection, Scope, Socket, WebSocketRoute } from "@tidegate/core-registry";
import { type Recorder, recorder } from "../recorder.ts";

/** The client's end of a WebSocket in memory. */
export interface TestSocket {
  /** The end that the route serves. */
  readonly socket: Socket;
  /** The messages that the client received, as texts. */
  readonly received: Recorder<string>;
  send(message: string): void;
  /** The client disconnects. */
  leave(): void;
}

/** Creates a WebSocket in memory. */
export function testSocket(): TestSocket {
  const received = recorder<string>("message");
  const closed = Promise.withResolvers<{ readonly code: number; readonly reason: string }>();
  const waiting: string[] = [];
  let isOpen = true;
  let wake = (): void => undefined;
  const end = (code: number, reason: string): void => {
    isOpen = false;
    closed.resolve({ code, reason });
    wake();
  };
  async function* messages(): AsyncGenerator<string> {
    while (isOpen || waiting.length > 0) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  const socket: Socket = {
    protocol: "",
    messages: messages(),
    send: async (message) => {
      if (!isOpen) throw new Error("The socket is closed.");
      received.push(String(message));
    },
    ping: () => undefined,
    close: end,
    closed: closed.promise,
  };
  const send = (message: string): void => {
    waiting.push(message);
    wake();
  };
  return { socket, received, send, leave: () => end(1000, "") };
}

/** A connection whose version never changes. */
export function fixedConnection(route: WebSocketRoute, scope: Scope): Connection {
  return { route: () => route, scope: () => scope.fork({}), onSwap: () => () => undefined };
}
