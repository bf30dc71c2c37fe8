import { Readable } from "node:stream";
import { type FileValue, TidegateError } from "@tidegate/core-registry";

/** What goes into a call: params, and beside them a stream where the whole params are a file or stream (S8). */
export interface Outgoing {
  /** Data. */
  readonly params: unknown;
  /** The bytes or objects. */
  readonly stream?: Readable;
  /** What is known of the file. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** How files below the root of params become text. */
export interface InlineFiles {
  /** The encoding of `buffer`. */
  readonly encoding: BufferEncoding;
  /** The most bytes that one file may have. */
  readonly limit: number;
}

/**
 * Makes params ready to travel (S8): a file or stream that is the whole of them is streamed; files below the root
 * become `{ filename, mimetype, encoding, buffer }`. Returns no promise where there is no file.
 * @throws `BODY_TOO_LARGE` for a file below the root that is over the limit
 */
export function outgoing(params: unknown, inline: InlineFiles): Outgoing | Promise<Outgoing> {
  if (params instanceof Readable) return { params: {}, stream: params };
  if (isFile(params)) {
    const { filename, mimetype, encoding } = params;
    const metadata = { filename, mimetype, encoding };
    return { params: metadata, metadata, stream: params.createReadStream() };
  }
  return holdsFile(params) ? inlined(params, inline).then((ready) => ({ params: ready })) : { params };
}

function isFile(value: unknown): value is FileValue {
  return isObject(value) && typeof value.createReadStream === "function";
}

function holdsFile(value: unknown): boolean {
  if (!isObject(value) || Buffer.isBuffer(value)) return false;
  if (isFile(value) || value instanceof Readable) return true;
  return Object.values(value).some(holdsFile);
}

async function inlined(value: unknown, inline: InlineFiles): Promise<unknown> {
  if (!holdsFile(value)) return value;
  if (value instanceof Readable) return textOf(value, inline);
  if (isFile(value)) {
    const { filename, mimetype, encoding } = value;
    return { filename, mimetype, encoding, buffer: await textOf(value.createReadStream(), inline) };
  }
  if (Array.isArray(value)) return inOrder(value, inline);
  const entries = Object.entries(isObject(value) ? value : {});
  const values = await inOrder(
    entries.map(([, member]) => member),
    inline,
  );
  return Object.fromEntries(entries.map(([name], index) => [name, values[index]]));
}

/** One after the other: parts of a body come in their order, and the next is not there before the last was read. */
async function inOrder(values: readonly unknown[], inline: InlineFiles): Promise<unknown[]> {
  const ready: unknown[] = [];
  for (const value of values) ready.push(await inlined(value, inline));
  return ready;
}

async function textOf(stream: Readable, { encoding, limit }: InlineFiles): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > limit)
      throw new TidegateError("BODY_TOO_LARGE", `A file inside of params may have ${limit} bytes.`, {
        dispatched: false,
      });
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString(encoding);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
