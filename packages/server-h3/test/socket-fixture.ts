import { once } from "node:events";
import { connect, type Socket as NetSocket } from "node:net";
import type { Connection, Scope, Socket, WebSocketRoute } from "@tidegate/core-registry";
import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import type { Fixture } from "./fixture.ts";

export type Open = (socket: Socket, scope: Scope, connection: Connection) => Promise<void>;

/** A WebSocket route that accepts all upgrades. */
export function socketRoute(path: string, open: Open, parts: Partial<WebSocketRoute> = {}): WebSocketRoute {
  return {
    kind: "websocket",
    path,
    fingerprint: "the same",
    accept: () => ({ accept: true }),
    open,
    ...parts,
  };
}

/** Sends received messages back. */
export const echo: Open = async (socket) => {
  for await (const message of socket.messages) await socket.send(message);
};

/** Reads messages without a reply. */
export const listen: Open = async (socket) => {
  for await (const _ of socket.messages);
};

const unread = new WeakMap<WebSocket, string[]>();

/** Opens a client, and closes it at the end of the test. */
export async function dial(
  fixture: Fixture,
  path: string,
  options: ClientOptions = {},
  protocols: readonly string[] = [],
): Promise<WebSocket> {
  const client = new WebSocket(`${fixture.url.replace("http", "ws")}${path}`, [...protocols], options);
  onTestFinished(() => client.terminate());
  const messages: string[] = [];
  unread.set(client, messages);
  client.on("message", (data) => messages.push(String(data)));
  await once(client, "open");
  return client;
}

/** The HTTP reply to a refused upgrade. */
export async function refusal(
  fixture: Fixture,
  path: string,
  options: ClientOptions = {},
  protocols: readonly string[] = [],
): Promise<{ readonly status: number; readonly headers: Record<string, unknown>; readonly body: string }> {
  const client = new WebSocket(`${fixture.url.replace("http", "ws")}${path}`, [...protocols], options);
  client.on("error", () => undefined);
  const [, response] = await once(client, "unexpected-response");
  let body = "";
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, body };
}

/** The code and reason of the close frame that a client receives. */
export async function closeOf(client: WebSocket): Promise<readonly [number, string]> {
  const [code, reason] = await once(client, "close");
  return [code, String(reason)];
}

/** The next messages of a client, beginning with those that it has already received. */
export async function received(client: WebSocket, count: number): Promise<string[]> {
  const known = unread.get(client) ?? [];
  while (known.length < count) await once(client, "message");
  return known.splice(0, count);
}

/** A frame of a client, masked unless the test wants an invalid one. */
export function frame(
  opcode: number,
  payload: string | Buffer,
  { fin = true, masked = true, reserved = 0, claimed }: FrameParts = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const length = claimed ?? bytes.length;
  const head = Buffer.from([
    (fin ? 0x80 : 0) | (reserved << 4) | opcode,
    (masked ? 0x80 : 0) | lengthMark(length),
  ]);
  const extended = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8);
  if (extended.length === 2) extended.writeUInt16BE(length);
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length));
  const mask = Buffer.from(masked ? [1, 2, 3, 4] : []);
  const body = masked ? bytes.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : bytes;
  return Buffer.concat([head, extended, mask, body]);
}

interface FrameParts {
  readonly fin?: boolean;
  readonly masked?: boolean;
  readonly reserved?: number;
  /** The length in the frame's head, where it differs from the payload's. */
  readonly claimed?: number;
}

function lengthMark(length: number): number {
  if (length < 126) return length;
  return length < 65_536 ? 126 : 127;
}

/** The head of an upgrade request. */
export function upgradeHead(path: string, headers: readonly string[] = []): string {
  return [
    `GET ${path} HTTP/1.1`,
    "host: localhost",
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
    "",
    "",
  ].join("\r\n");
}

/** A client that sends raw frames. `received` returns the bytes after the 101. */
export interface RawClient {
  readonly socket: NetSocket;
  readonly received: () => Buffer;
  readonly closed: Promise<unknown>;
}

/** Opens a WebSocket for raw frames. */
export async function dialRaw(fixture: Fixture, path: string): Promise<RawClient> {
  const socket = connect(fixture.listening.port, fixture.listening.host);
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  socket.write(upgradeHead(path));
  const [head] = (await once(socket, "data")) as [Buffer];
  if (!head.includes("101 Switching Protocols")) throw new Error(`The upgrade was refused: ${String(head)}`);
  const chunks = [head.subarray(head.indexOf("\r\n\r\n") + 4)];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { socket, received: () => Buffer.concat(chunks), closed };
}

/** Splits the bytes that a server sent into frames. */
export function frames(bytes: Buffer): { readonly opcode: number; readonly payload: Buffer }[] {
  const found: { opcode: number; payload: Buffer }[] = [];
  for (let at = 0; at + 1 < bytes.length; ) {
    const mark = (bytes[at + 1] ?? 0) & 0x7f;
    const begin = at + (mark === 126 ? 4 : mark === 127 ? 10 : 2);
    // The rest of the head is not received yet.
    if (begin > bytes.length) break;
    const length =
      mark === 126 ? bytes.readUInt16BE(at + 2) : mark === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : mark;
    found.push({ opcode: (bytes[at] ?? 0) & 0x0f, payload: bytes.subarray(begin, begin + length) });
    at = begin + length;
  }
  return found;
}
