import { TidegateError } from "@tidegate/core-registry";
import type { ServerRequest } from "../request/request.ts";
import type { WebSocketOptions } from "./options.ts";

/** RFC 6455, 4.1: 16 bytes in Base64. */
const keyForm = /^[+/0-9A-Za-z]{22}==$/;

/**
 * Checks a WebSocket's opening handshake (RFC 6455, 4.2.1), before anything is run for it.
 * @throws `METHOD_NOT_ALLOWED`, `BAD_REQUEST`
 */
export function checkHandshake(request: ServerRequest): void {
  if (request.method !== "GET")
    throw new TidegateError("METHOD_NOT_ALLOWED", "A WebSocket is opened by GET.", {
      headers: [["allow", "GET"]],
    });
  if (request.header("sec-websocket-version") !== "13")
    throw new TidegateError("BAD_REQUEST", "Version 13 of the WebSocket protocol is spoken here.", {
      status: 426,
      headers: [["sec-websocket-version", "13"]],
    });
  if (!keyForm.test(request.header("sec-websocket-key") ?? ""))
    throw new TidegateError("BAD_REQUEST", "The Sec-WebSocket-Key is missing or is none.");
}

/**
 * Checks whose page opens the socket: a browser sends cookies along, whoever's page it is (RFC 6455, 10.2).
 * @throws `FORBIDDEN` for another host's page that is not among `origins`
 */
export function checkOrigin(request: ServerRequest, origins: WebSocketOptions["origins"]): void {
  const origin = request.header("origin");
  if (origin === undefined || origins === "any" || origins?.includes(origin)) return;
  if (URL.canParse(origin) && isOwnHost(new URL(origin), request.header("host") ?? "")) return;
  throw new TidegateError("FORBIDDEN", "Pages of this origin may not open a WebSocket here.");
}

/** The scheme may differ: a proxy in front may have taken off the encryption. */
function isOwnHost({ protocol, host }: URL, own: string): boolean {
  const url = `${protocol}//${own}`;
  return host !== "" && URL.canParse(url) && new URL(url).host === host;
}
