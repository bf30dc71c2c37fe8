import { Readable } from "node:stream";
import { type Header, isOpaque, type Reply } from "@tidegate/core-registry";

/** A body with the content type that it has where no header says another. */
export interface Content {
  /** The default `content-type`, as a whole list of headers. */
  readonly headers: readonly Header[];
  /** What is sent. */
  readonly body: Exclude<Reply["body"], null>;
}

const json: readonly Header[] = [["content-type", "application/json; charset=utf-8"]];
const text: readonly Header[] = [["content-type", "text/plain; charset=utf-8"]];
const bytes: readonly Header[] = [["content-type", "application/octet-stream"]];

/**
 * Makes a body of a value that is not null (S4.4): a string is text, bytes and streams are octets, all else JSON.
 * @throws {TypeError} where JSON cannot say it
 */
export function contentOf(value: unknown): Content {
  if (typeof value === "string") return { headers: text, body: value };
  if (isOpaque(value)) return { headers: bytes, body: octets(value) };
  const body = JSON.stringify(value);
  if (body === undefined) throw new TypeError(`JSON cannot say a ${typeof value}.`);
  return { headers: json, body };
}

/** Ends a stream that will not be sent, so that nothing waits for it. */
export function discard(value: unknown): void {
  if (value instanceof Readable) value.destroy();
  else if (value instanceof ReadableStream) value.cancel().catch(() => undefined);
}

function octets(value: object): Uint8Array | Readable {
  if (value instanceof Readable) return value;
  if (value instanceof Uint8Array) return value;
  if (value instanceof ReadableStream) return Readable.fromWeb(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if ("createReadStream" in value && typeof value.createReadStream === "function") {
    const stream: unknown = value.createReadStream();
    if (stream instanceof Readable) return stream;
    if (stream instanceof ReadableStream) return Readable.fromWeb(stream);
  }
  throw new TypeError("A file gave no stream.");
}
