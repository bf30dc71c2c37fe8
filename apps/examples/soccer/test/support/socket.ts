import { once } from "node:events";
import { type Recorder, recorder } from "@tidegate/plugin-testkit";
import WebSocket from "ws";
import type { Person } from "../../src/index.ts";
import type { Run } from "./run.ts";

/** An open socket with the received messages. */
export interface OpenSocket {
  readonly messages: Recorder<string>;
  send(message: string): void;
  /** Resolves when the socket is closed. */
  close(): Promise<void>;
}

/** Opens a socket. Rejects if the upgrade is refused. */
export async function openSocket({ soccer }: Run, path: string, as?: Person): Promise<OpenSocket> {
  const headers = as === undefined ? {} : { authorization: `Bearer ${soccer.tokens[as]}` };
  const socket = new WebSocket(soccer.url.replace("http", "ws") + path, { headers });
  const messages = recorder<string>("message");
  socket.on("message", (data) => messages.push(String(data)));
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "open");
  return {
    messages,
    send: (message) => socket.send(message),
    close: () => {
      socket.close(1000);
      return closed;
    },
  };
}
