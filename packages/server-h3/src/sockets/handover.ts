import type { Duplex } from "node:stream";
import { type Accept, type Header, TidegateError } from "@tidegate/core-registry";
import { type WebSocket, WebSocketServer } from "ws";
import { sendableHeaders } from "../reply/response.ts";
import type { ServerRequest } from "../request/request.ts";

/**
 * Makes a WebSocket of a connection: answers 101 and hands it over. Undefined where the client has left.
 * @throws `BAD_REQUEST` where the handshake is faulty, `REPLY_INVALID` where a header of the 101 cannot be sent
 */
export type Handover = (
  request: ServerRequest,
  connection: Duplex,
  head: Buffer,
  accept: Accept,
) => WebSocket | undefined;

interface Handshake {
  readonly protocol: string | undefined;
  readonly headers: readonly Header[];
  fault: Error | undefined;
}

/**
 * @param maxPayload the largest message that is taken, in bytes
 */
export function createHandover(maxPayload: number): Handover {
  const handshakes = new WeakMap<object, Handshake>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // W13: what is sent small must not become large here.
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
    if (handshake !== undefined) handshake.fault = error;
  });

  return (request, connection, head, accept) => {
    const { incoming } = request;
    const handshake: Handshake = {
      protocol: accept.protocol,
      headers: headersOf(request, accept),
      fault: undefined,
    };
    handshakes.set(incoming, handshake);
    let opened: WebSocket | undefined;
    server.handleUpgrade(incoming, connection, head, (ws) => {
      opened = ws;
    });
    if (handshake.fault !== undefined)
      throw new TidegateError("BAD_REQUEST", handshake.fault.message, { cause: handshake.fault });
    return opened;
  };
}

function headersOf(request: ServerRequest, { headers = [] }: Accept): readonly Header[] {
  const own = sendableHeaders(headers).filter(([name]) => !name.startsWith("sec-websocket-"));
  const id = request.idIfMade;
  return id === undefined ? own : [...own, ["x-request-id", id]];
}
