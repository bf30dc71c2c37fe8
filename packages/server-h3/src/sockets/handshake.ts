import type { Duplex } from "node:stream";
import { type Accept, type Header, TidegateError } from "@tidegate/core-registry";
import { type WebSocket, WebSocketServer } from "ws";
import type { WebSocketOptions } from "../options.ts";
import { sendableHeaders } from "../reply/write.ts";
import type { ServerRequest } from "../request/request.ts";

/** 16 bytes in Base64 (RFC 6455, 4.1). */
const keyPattern = /^[+/0-9A-Za-z]{22}==$/;

/**
 * Checks the opening handshake of a WebSocket (RFC 6455, 4.2.1), before any route runs.
 * @throws `METHOD_NOT_ALLOWED`, `BAD_REQUEST`
 */
export function checkHandshake(request: ServerRequest): void {
  if (request.method !== "GET")
    throw new TidegateError("METHOD_NOT_ALLOWED", "A WebSocket handshake must use the method GET.", {
      headers: [["allow", "GET"]],
    });
  if (request.header("sec-websocket-version") !== "13")
    throw new TidegateError("BAD_REQUEST", "Only version 13 of the WebSocket protocol is supported.", {
      status: 426,
      headers: [["sec-websocket-version", "13"]],
    });
  if (!keyPattern.test(request.header("sec-websocket-key") ?? ""))
    throw new TidegateError("BAD_REQUEST", "The header Sec-WebSocket-Key is missing or invalid.");
}

/**
 * Checks the origin of the page that opens a WebSocket: browsers send the gateway's cookies from pages of any
 * origin (RFC 6455, 10.2).
 * @throws `FORBIDDEN` for a page of another host that is not among `origins`
 */
export function checkOrigin(request: ServerRequest, origins: WebSocketOptions["origins"]): void {
  const origin = request.header("origin");
  if (origin === undefined || origins === "any" || origins?.includes(origin)) return;
  if (URL.canParse(origin) && isOwnHost(new URL(origin), request.header("host") ?? "")) return;
  throw new TidegateError("FORBIDDEN", "WebSocket connections from this origin are not allowed.");
}

/** Compares hosts, not schemes: a proxy in front can terminate TLS. */
function isOwnHost({ protocol, host }: URL, own: string): boolean {
  const url = `${protocol}//${own}`;
  return host !== "" && URL.canParse(url) && new URL(url).host === host;
}

/**
 * Completes a handshake: sends the 101 and returns the WebSocket; undefined if the client has disconnected.
 * @throws `BAD_REQUEST` for an invalid handshake, `REPLY_INVALID` for an invalid header of the 101
 */
export type CompleteHandshake = (
  request: ServerRequest,
  connection: Duplex,
  head: Buffer,
  accept: Accept,
) => WebSocket | undefined;

interface Handshake {
  readonly protocol: string | undefined;
  readonly headers: readonly Header[];
  error: Error | undefined;
}

/**
 * Returns the function that completes handshakes with the library ws.
 * @param maxPayload maximum size of a received message, in bytes
 */
export function createHandshakes(maxPayload: number): CompleteHandshake {
  // ws calls back with Node's request only, so what belongs to it is kept here.
  const handshakes = new WeakMap<object, Handshake>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // A small compressed message could become large here.
    perMessageDeflate: false,
    maxPayload,
    handleProtocols: (offered, incoming) => {
      const protocol = handshakes.get(incoming)?.protocol;
      return protocol !== undefined && offered.has(protocol) ? protocol : false;
    },
  });
  server.on("headers", (lines, incoming) => {
    for (const [name, value] of handshakes.get(incoming)?.headers ?? []) lines.push(`${name}: ${value}`);
  });
  server.on("wsClientError", (error, _connection, incoming) => {
    const handshake = handshakes.get(incoming);
    if (handshake !== undefined) handshake.error = error;
  });

  return (request, connection, head, accept) => {
    const { incoming } = request;
    const handshake: Handshake = {
      protocol: accept.protocol,
      headers: handshakeHeaders(request, accept),
      error: undefined,
    };
    handshakes.set(incoming, handshake);
    let opened: WebSocket | undefined;
    server.handleUpgrade(incoming, connection, head, (ws) => {
      opened = ws;
    });
    const { error } = handshake;
    if (error !== undefined) throw new TidegateError("BAD_REQUEST", error.message, { cause: error });
    return opened;
  };
}

function handshakeHeaders(request: ServerRequest, { headers = [] }: Accept): readonly Header[] {
  const own = sendableHeaders(headers).filter(([name]) => !name.startsWith("sec-websocket-"));
  return [...own, ["x-request-id", request.id]];
}
