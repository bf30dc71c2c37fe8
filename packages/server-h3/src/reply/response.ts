import { STATUS_CODES, validateHeaderName, validateHeaderValue } from "node:http";
import { Readable } from "node:stream";
import { type Header, type Reply, TidegateError } from "@tidegate/core-registry";
import { FastResponse } from "srvx/node";
import type { ServerRequest } from "../request/request.ts";

/** Headers that frame a message or belong to one connection: the server's alone (RFC 9110, 7.6.1). */
const framing: ReadonlySet<string> = new Set([
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "upgrade",
  "te",
  "trailer",
  "proxy-connection",
]);

/** The reason phrase of a status; some clients take an empty one for a fault. */
export function reasonOf(status: number): string {
  return status === 499 ? "Client Closed Request" : (STATUS_CODES[status] ?? "Unknown");
}

/**
 * Writes a reply whose body is not a stream, or a stream that is known to flow.
 * @param closing whether the connection ends with it
 * @throws `REPLY_INVALID` where its status or a header cannot be sent
 */
export function toResponse(request: ServerRequest, reply: Reply, closing: boolean): Response {
  const { status } = reply;
  checkStatus(status);
  const headers = sendableHeaders(reply.headers);
  const id = request.idIfMade;
  if (id !== undefined) headers.push(["x-request-id", id]);
  if (request.vary !== undefined) addVary(headers, request.vary);
  if (closing) headers.push(["connection", "close"]);
  const body = bodyOf(request, reply, headers);
  return new FastResponse(body, { status, statusText: reasonOf(status), headers });
}

/** Waits until a stream has something to send or has ended, so that what fails before can still be told as a problem. */
export function untilFlowing(stream: Readable): Promise<void> {
  if (stream.errored !== null) return Promise.reject(stream.errored);
  if (stream.destroyed && !stream.readableEnded)
    return Promise.reject(new TidegateError("INTERNAL", "A reply's stream was closed before it was sent."));
  if (stream.readableLength > 0 || stream.readableEnded) return Promise.resolve();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const settle = (): void => {
    stream.off("readable", settle).off("end", settle).off("close", settle).off("error", reject);
    resolve();
  };
  stream.once("readable", settle).once("end", settle).once("close", settle).once("error", reject);
  return promise;
}

/** @throws `REPLY_INVALID` where a final reply cannot have the status */
export function checkStatus(status: number): void {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TidegateError("REPLY_INVALID", `A reply has the status ${String(status)}.`);
}

/** Headers without those that are the server's own. @throws `REPLY_INVALID` where one cannot be sent */
export function sendableHeaders(given: readonly Header[]): [string, string][] {
  const headers: [string, string][] = [];
  for (const [name, value] of given) {
    if (framing.has(name)) continue;
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (cause) {
      throw new TidegateError("REPLY_INVALID", "A reply has a header that cannot be sent.", { cause });
    }
    headers.push([name, value]);
  }
  return headers;
}

/** Caches must not give one branch's answer to who asked for another (RFC 9110, 12.5.5). */
function addVary(headers: [string, string][], names: string): void {
  const own = headers.find(([name]) => name === "vary");
  if (own === undefined) headers.push(["vary", names]);
  else if (own[1] !== "*") own[1] = `${own[1]}, ${names}`;
}

function bodyOf(request: ServerRequest, reply: Reply, headers: [string, string][]): Reply["body"] {
  const { status, body } = reply;
  const bodiless = status === 204 || status === 205 || status === 304;
  if (body instanceof Readable) {
    if (!bodiless && request.method !== "HEAD") return body;
    body.on("error", () => undefined).destroy();
    return null;
  }
  if (bodiless) return null;
  if (body !== null && request.method !== "HEAD") return body;
  headers.push(["content-length", String(body === null ? 0 : Buffer.byteLength(body))]);
  return null;
}
