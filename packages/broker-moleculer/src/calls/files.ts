import { type Duplex, Readable } from "node:stream";
import { type FileValue, TidegateError } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";
import type { Context, ServiceBroker } from "moleculer";
import { toStreamError } from "./errors.ts";

/** Params in the form that Moleculer can send. */
export interface PreparedParams {
  readonly params: unknown;
  /** The stream of a file or stream that is the whole of the params (S8). */
  readonly stream?: Readable;
  /** Name, type and encoding of that file. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** How files below the root of params become text. */
export interface InlineFileOptions {
  readonly streamingToStringEncoding: BufferEncoding;
  /** The most bytes that such a file can have. */
  readonly streamingToStringLimit: number;
}

/** Whether params are or contain a file or a stream. */
export function containsFile(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return false;
  if ("createReadStream" in value && typeof value.createReadStream === "function") return true;
  if (value instanceof Readable) return true;
  for (const member of Object.values(value))
    if (typeof member === "object" && containsFile(member)) return true;
  return false;
}

/**
 * Prepares params that contain a file or a stream (S8). A file or stream that is the whole of the params is
 * sent as a stream. Files below the root become `{ filename, mimetype, encoding, buffer }`.
 * @throws {TidegateError} `BODY_TOO_LARGE` for a file below the root that exceeds the limit
 */
export async function prepareParams(params: unknown, options: InlineFileOptions): Promise<PreparedParams> {
  if (params instanceof Readable) return { params: {}, stream: params };
  if (isFile(params)) {
    const { filename, mimetype, encoding } = params;
    const metadata = { filename, mimetype, encoding };
    return { params: metadata, metadata, stream: params.createReadStream() };
  }
  return { params: await inlineFiles(params, options) };
}

function isFile(value: unknown): value is FileValue {
  return isObject(value) && typeof value.createReadStream === "function";
}

/**
 * Replaces files and streams by text. Reads one after the other: they are parts of one body, and a part
 * arrives only when the previous one has been read.
 */
async function inlineFiles(value: unknown, options: InlineFileOptions): Promise<unknown> {
  if (!containsFile(value)) return value;
  if (value instanceof Readable) return readText(value, options);
  if (isFile(value)) {
    const { filename, mimetype, encoding } = value;
    return { filename, mimetype, encoding, buffer: await readText(value.createReadStream(), options) };
  }
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(await inlineFiles(item, options));
    return items;
  }
  const members: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value ?? {}))
    members.push([name, await inlineFiles(member, options)]);
  return Object.fromEntries(members);
}

async function readText(
  stream: Readable,
  { streamingToStringEncoding: encoding, streamingToStringLimit: limit }: InlineFileOptions,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > limit)
      throw new TidegateError("BODY_TOO_LARGE", `A file inside of params can have at most ${limit} bytes.`, {
        dispatched: false,
      });
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString(encoding);
}

/**
 * Prepares a stream that an action returned (S4.4, S8). Copies `$status` and `$headers` of the context's meta
 * to the stream, translates errors of the flow control, and removes the pending request when the stream
 * closes. A remote stream without flow control is destroyed when it is `limit` bytes ahead of its reader,
 * because Moleculer's own remote streams have no back-pressure.
 */
export function receiveStream(
  stream: Readable,
  broker: ServiceBroker,
  context: Context | undefined,
  limit: number,
): Readable {
  translateErrors(stream);
  const { $status, $headers } = (context?.meta ?? {}) as Record<string, unknown>;
  Object.assign(stream, $status !== undefined && { $status }, $headers !== undefined && { $headers });
  const { transit } = broker;
  if (transit === undefined || context === undefined || !transit.pendingResStreams.has(context.id))
    return stream;
  stream.once("close", () => transit.removePendingRequest(context.id));
  if (isDuplex(stream)) limitBuffer(stream, limit);
  return stream;
}

/** Makes a stream end with our own error where the flow control between nodes ends it. */
function translateErrors(stream: Readable): void {
  const destroy = stream.destroy.bind(stream);
  stream.destroy = (error) => destroy(error instanceof Error ? toStreamError(error) : error);
}

/** Destroys a stream whose writer ignores back-pressure and exceeds the limit. */
function limitBuffer(stream: Duplex, limit: number): void {
  const write = stream.write;
  stream.write = (...given: unknown[]) => {
    const accepted: boolean = Reflect.apply(write, stream, given);
    if (!stream.readableObjectMode && stream.writableLength + stream.readableLength > limit)
      stream.destroy(
        new TidegateError("SERVICE_ERROR", `The service's stream was ${limit} bytes ahead of its reader.`),
      );
    return accepted;
  };
}

function isDuplex(stream: Readable): stream is Duplex {
  return "writableLength" in stream;
}
