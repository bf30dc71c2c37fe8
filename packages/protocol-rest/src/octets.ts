import { pipeline, Readable, Transform } from "node:stream";
import { describeValue } from "@tidegate/core-registry/runtime";

/**
 * Returns the body that a stream, a file or bytes become (S4.4).
 *
 * @param reject creates the error of a stream for a chunk that is neither text nor bytes; called once
 * @throws {TypeError} where `createReadStream` of a file returns no stream
 */
export function octetsOf(value: object, reject: (reason: string) => Error): Uint8Array | Readable {
  if (value instanceof Readable) return checkedStream(value, reject);
  if (value instanceof Uint8Array) return value;
  if (value instanceof ReadableStream) return checkedStream(fromWeb(value), reject);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if ("createReadStream" in value && typeof value.createReadStream === "function") {
    const stream: unknown = value.createReadStream();
    if (stream instanceof Readable) return checkedStream(stream, reject);
    if (stream instanceof ReadableStream) return checkedStream(fromWeb(stream), reject);
  }
  throw new TypeError("`createReadStream` did not return a stream.");
}

/** In object mode, because Node's own error for a chunk of another type does not name the service. */
function fromWeb(stream: ReadableStream): Readable {
  return Readable.fromWeb(stream, { objectMode: true });
}

/** Checks the chunks of a stream in object mode. A stream of bytes has no others. */
function checkedStream(stream: Readable, reject: (reason: string) => Error): Readable {
  if (!stream.readableObjectMode) return stream;
  const checked = new Transform({
    writableObjectMode: true,
    transform(chunk: unknown, encoding, done) {
      const bytes = bytesOf(chunk, encoding);
      if (bytes !== undefined) done(null, bytes);
      else done(reject(`Its stream contains ${describeValue(chunk)}; expected text or bytes.`));
    },
  });
  // Both streams have listeners of their own for errors; this only ends one with the other.
  pipeline(stream, checked, () => undefined);
  return checked;
}

function bytesOf(chunk: unknown, encoding: BufferEncoding): Uint8Array | undefined {
  if (typeof chunk === "string") return Buffer.from(chunk, Buffer.isEncoding(encoding) ? encoding : "utf8");
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : undefined;
}
