import { connect } from "node:net";

/** A request as a client sends it, right or wrong. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Undefined: no body, and no header that announces one. */
  readonly body?: Buffer | undefined;
  /** Default: `Content-Length`. */
  readonly isChunked?: boolean;
}

/** A response: its status, headers in lower case, and body. */
export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Writes a request whose framing is right. */
export function requestBytes({ method, target, headers, body, isChunked = false }: RawRequest): Buffer {
  const framing = isChunked ? "transfer-encoding: chunked" : `content-length: ${body?.length}`;
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const head = Buffer.from([...lines, ...(body === undefined ? [] : [framing]), "", ""].join("\r\n"));
  if (body === undefined) return head;
  if (!isChunked) return Buffer.concat([head, body]);
  const chunk = body.length === 0 ? [] : [Buffer.from(`${body.length.toString(16)}\r\n`), body, "\r\n"];
  return Buffer.concat([head, ...chunk.map((part) => Buffer.from(part)), Buffer.from("0\r\n\r\n")]);
}

/**
 * Sends bytes on a connection of its own. Resolves with what the server has sent when it closes.
 * @param isEnded whether the client closes its side after the bytes
 */
export function exchange(port: number, bytes: Buffer, isEnded: boolean): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const received: Buffer[] = [];
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("data", (chunk) => received.push(chunk));
  // A server that refuses a request does not read the rest of it.
  socket.on("error", () => undefined);
  socket.on("end", () => socket.end());
  socket.on("close", () => resolve(Buffer.concat(received)));
  if (isEnded) socket.end(bytes);
  else socket.write(bytes);
  return promise;
}

/** Splits what a server has sent into its responses, without the interim ones. */
export function readResponses(received: Buffer, methods: readonly string[]): readonly RawResponse[] {
  const responses: RawResponse[] = [];
  let rest = received;
  while (rest.length > 0) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) throw new Error(`This is no response: ${rest.toString()}`);
    const [first = "", ...lines] = rest.subarray(0, end).toString("latin1").split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(first)?.[1]);
    const headers = new Map(lines.map((line) => nameAndValue(line)));
    rest = rest.subarray(end + 4);
    if (status < 200) continue;
    const hasBody = methods[responses.length] !== "HEAD" && status !== 204 && status !== 304;
    const [body, after] = hasBody ? readBody(rest, headers) : ["", rest];
    responses.push({ status, headers, body });
    rest = after;
  }
  return responses;
}

function nameAndValue(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function readBody(rest: Buffer, headers: ReadonlyMap<string, string>): [string, Buffer] {
  if (headers.get("transfer-encoding") === "chunked") return readChunks(rest);
  const length = Number(headers.get("content-length") ?? rest.length);
  return [rest.subarray(0, length).toString(), rest.subarray(length)];
}

function readChunks(from: Buffer): [string, Buffer] {
  const parts: Buffer[] = [];
  let rest = from;
  for (;;) {
    const line = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.subarray(0, line).toString(), 16);
    if (line < 0 || Number.isNaN(size)) throw new Error(`This is no chunk: ${rest.toString()}`);
    const chunk = rest.subarray(line + 2, line + 2 + size);
    rest = rest.subarray(line + 2 + size + 2);
    if (size === 0) return [Buffer.concat(parts).toString(), rest];
    parts.push(chunk);
  }
}
