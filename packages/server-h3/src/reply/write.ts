import { type ServerResponse, STATUS_CODES, validateHeaderName, validateHeaderValue } from "node:http";
import { pipeline as pipelineWith, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Header, type Reply, TidegateError } from "@tidegate/core-registry";
import { describeValue, discardStream, hopByHopHeaders } from "@tidegate/core-registry/runtime";
import type { ServerRequest } from "../request/request.ts";

/** The reason phrase of a status. It is never empty, because some clients treat an empty one as an error. */
export function reasonPhrase(status: number): string {
  return status === 499 ? "Client Closed Request" : (STATUS_CODES[status] ?? "Unknown");
}

/**
 * Checks the shape of what a route returned. Status and headers are checked when they are sent.
 * @throws `REPLY_INVALID` where it is no reply
 */
export function checkReply(reply: unknown): asserts reply is Reply {
  if (typeof reply !== "object" || reply === null)
    throw new TidegateError(
      "REPLY_INVALID",
      `The route returned ${describeValue(reply)} instead of a reply.`,
    );
  const { headers, body } = reply as Readonly<Record<string, unknown>>;
  if (!Array.isArray(headers))
    throw new TidegateError("REPLY_INVALID", `The headers of the reply are ${describeValue(headers)}.`);
  const isBody =
    body === null || typeof body === "string" || body instanceof Uint8Array || body instanceof Readable;
  if (!isBody) throw new TidegateError("REPLY_INVALID", `The body of the reply is ${describeValue(body)}.`);
}

/**
 * Sends a reply. A stream has to be readable already; see {@link untilReadable}. One that fails later cuts
 * the connection.
 * @param closing whether the connection is closed after the response
 * @throws `REPLY_INVALID` where the status or a header cannot be sent; nothing is sent then
 */
export function sendReply(
  request: ServerRequest,
  response: ServerResponse,
  reply: Reply,
  closing: boolean,
): void {
  const { status } = reply;
  const headers = replyHeaders(request, reply);
  if (request.vary !== undefined) addVary(headers, request.vary);
  if (closing) headers.push(["connection", "close"]);
  const body = bodyToSend(request, reply);
  // The length of the answer to HEAD is that of the answer to GET.
  const length = reply.body instanceof Readable ? undefined : contentLength(reply.body);
  if (length !== undefined && !hasNoBody(status)) headers.push(["content-length", String(length)]);
  // Node emits an error, which nobody handles, where something is written for a client that is gone.
  if (response.destroyed) {
    if (body instanceof Readable) body.destroy();
    return;
  }
  response.writeHead(status, reasonPhrase(status), flat(headers));
  if (body instanceof Readable) pipelineWith(body, response, () => undefined);
  else if (body === null) response.end();
  // Head and text are one write, which costs less where each character is one byte.
  else if (typeof body !== "string" || length === body.length) response.end(body, "latin1");
  // Node encodes the head like the text: one beyond ASCII needs a body of bytes.
  else response.end(hasLatin1(headers) ? Buffer.from(body) : body);
}

function hasLatin1(headers: readonly Header[]): boolean {
  for (const [, value] of headers) if (beyondAscii.test(value)) return true;
  return false;
}

const beyondAscii = /[\x80-\xff]/;

/** Names and values in turn, as `writeHead` takes them. */
function flat(headers: readonly Header[]): string[] {
  const list: string[] = [];
  for (const [name, value] of headers) list.push(name, value);
  return list;
}

/**
 * Waits until a stream has data or ends, so that an error before its first byte can become a problem reply.
 */
export function untilReadable(stream: Readable): Promise<void> {
  if (stream.errored !== null) return Promise.reject(stream.errored);
  if (stream.destroyed && !stream.readableEnded)
    return Promise.reject(new TidegateError("INTERNAL", "The reply's stream was closed before it was sent."));
  if (stream.readableLength > 0 || stream.readableEnded) return Promise.resolve();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const settle = (): void => {
    stream.off("readable", settle).off("end", settle).off("close", settle).off("error", reject);
    resolve();
  };
  stream.once("readable", settle).once("end", settle).once("close", settle).once("error", reject);
  return promise;
}

/**
 * Writes the reply of a refused upgrade to its connection, which Node's server has released, and closes it.
 * @throws `REPLY_INVALID` where the status or a header cannot be sent; nothing is written then
 */
export function writeToConnection(request: ServerRequest, reply: Reply): void {
  const { outgoing } = request;
  const { status, body } = reply;
  const headers = replyHeaders(request, reply);
  if (!(body instanceof Readable)) headers.push(["content-length", String(contentLength(body))]);
  headers.push(["connection", "close"]);
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${status} ${reasonPhrase(status)}`, ...lines, "", ""].join("\r\n");
  outgoing.write(head, "latin1");
  const close = (): void => void outgoing.destroy();
  if (!(body instanceof Readable)) outgoing.end(body ?? "", close);
  // The end of the body is the end of the connection; a failing stream cuts it.
  else pipeline(body, outgoing).then(close, close);
}

/**
 * The headers of a reply that are sent, with the request's id.
 * @throws `REPLY_INVALID` for an invalid status or header
 */
function replyHeaders(request: ServerRequest, { status, headers }: Reply): [string, string][] {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TidegateError("REPLY_INVALID", `The reply has the invalid status ${String(status)}.`);
  const sendable = sendableHeaders(headers);
  sendable.push(["x-request-id", request.id]);
  return sendable;
}

/**
 * The headers of a reply without those that only the server sets.
 * @throws `REPLY_INVALID` for an invalid header
 */
export function sendableHeaders(headers: readonly Header[]): [string, string][] {
  const sendable: [string, string][] = [];
  for (const [name, value] of headers) {
    if (hopByHopHeaders.has(name) || name === "x-request-id") continue;
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (cause) {
      throw new TidegateError("REPLY_INVALID", "The reply has an invalid header.", { cause });
    }
    sendable.push([name, value]);
  }
  return sendable;
}

/** Adds to `Vary`, so that a cache does not serve the reply of one branch for another (RFC 9110, 12.5.5). */
function addVary(headers: [string, string][], names: string): void {
  const own = headers.find(([name]) => name === "vary");
  if (own === undefined) headers.push(["vary", names]);
  else if (own[1] !== "*") own[1] = `${own[1]}, ${names}`;
}

/** The body of a reply; null for HEAD and for a status without body. A stream is discarded then. */
function bodyToSend({ method }: ServerRequest, { status, body }: Reply): Reply["body"] {
  const isHead = method === "HEAD";
  if (!isHead && !hasNoBody(status)) return body;
  if (!(body instanceof Readable)) return null;
  discardStream(body.on("error", () => undefined));
  return null;
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function contentLength(body: string | Uint8Array | null): number {
  return body === null ? 0 : Buffer.byteLength(body);
}
