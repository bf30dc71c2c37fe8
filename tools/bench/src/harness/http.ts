import type { PlannedRequest } from "./benchmark.ts";

/** An HTTP/1.1 response that was received completely. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** Whether the server closes the connection after the response. */
  readonly closes: boolean;
}

/**
 * Parses a response that has a `content-length` or no body. Returns undefined if the bytes do not contain the
 * whole response.
 * @throws for chunked responses, which no contender sends
 */
export function readAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const head = bytes.toString("latin1", 0, end).toLowerCase();
  if (head.includes("\r\ntransfer-encoding:")) throw new Error("Chunked responses are not supported.");
  const [, length = "0"] = /\r\ncontent-length: *(\d+)/.exec(head) ?? [];
  const from = end + 4;
  const to = from + Number(length);
  if (bytes.length < to) return undefined;
  return {
    status: Number(head.slice(9, 12)),
    body: bytes.subarray(from, to),
    closes: head.includes("\r\nconnection: close"),
  };
}

/** The bytes of a request in HTTP/1.1. */
export function bytesOf({ method, path, headers = {}, body = "" }: PlannedRequest): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === "" ? [] : [`content-length: ${Buffer.byteLength(body)}`]),
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
