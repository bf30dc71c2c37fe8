import type { IncomingMessage } from "node:http";
import { type Readable, Transform } from "node:stream";
import { type Body, type BodyPart, TidegateError } from "@tidegate/core-registry";
import { decodeText } from "./charset.ts";
import { parseJson } from "./json.ts";
import { collect } from "./query.ts";

/** How large a body may be, in bytes. */
export interface BodyLimits {
  /** Bodies that are read whole: JSON, text, fields. */
  readonly bodyBytes: number;
  /** Bodies that are streamed. */
  readonly streamBytes: number;
}

const refusedFields = ["__proto__", "constructor", "prototype"];
const charsetParameter = /;\s*charset\s*=\s*"?([^\s;"]+)/i;

/** A request's body (S4.3): read once, counted whichever way it is read. */
export class RequestBody implements Body {
  /** The media type, or undefined where there is no body. */
  readonly type: string | undefined;
  readonly #incoming: IncomingMessage;
  readonly #limits: BodyLimits;
  #taken = false;

  /** @param limits how large it may be */
  constructor(incoming: IncomingMessage, limits: BodyLimits) {
    this.#incoming = incoming;
    this.#limits = limits;
    this.type = hasBody(incoming) ? mediaType(incoming) : undefined;
  }

  /** JSON; undefined where there is no body. */
  async json(): Promise<unknown> {
    return this.type === undefined ? undefined : parseJson(await this.text());
  }

  /** Text in the charset that it says. */
  async text(): Promise<string> {
    this.#take();
    if (this.type === undefined) return "";
    // Refused before a byte of it is read.
    const decode = decodeText(charsetParameter.exec(this.#incoming.headers["content-type"] ?? "")?.[1]);
    return decode(await readWhole(this.#incoming, this.#limits.bodyBytes));
  }

  /** URL-encoded fields. */
  async form(): Promise<Record<string, unknown>> {
    const fields = collect(await this.text());
    for (const name of refusedFields) delete fields[name];
    return fields;
  }

  /** Multipart is not understood yet. @throws `MEDIA_TYPE_UNSUPPORTED` */
  parts(): AsyncIterable<BodyPart> {
    throw new TidegateError("MEDIA_TYPE_UNSUPPORTED", "Multipart bodies are not understood yet.");
  }

  /** The bytes as they come. */
  raw(): Readable {
    this.#take();
    refuseLarge(this.#incoming, this.#limits.streamBytes);
    return counted(this.#incoming, this.#limits.streamBytes);
  }

  #take(): void {
    if (this.#taken) throw new TidegateError("INTERNAL", "The body was read already.");
    this.#taken = true;
    const encoding = this.#incoming.headers["content-encoding"]?.trim().toLowerCase() ?? "";
    if (encoding !== "" && encoding !== "identity")
      throw new TidegateError("MEDIA_TYPE_UNSUPPORTED", "A body with a content-encoding is not understood.", {
        headers: [["accept-encoding", "identity"]],
      });
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  if (headers["transfer-encoding"] !== undefined) return true;
  const length = headers["content-length"];
  return length !== undefined && length !== "0";
}

function mediaType({ headers }: IncomingMessage): string {
  const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  return type || "application/octet-stream";
}

function tooLarge(limit: number): TidegateError {
  return new TidegateError("BODY_TOO_LARGE", `The body is larger than ${limit} bytes.`, {
    // The rest of it is not read.
    headers: [["connection", "close"]],
  });
}

function refuseLarge(incoming: IncomingMessage, limit: number): void {
  if (Number(incoming.headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
}

async function readWhole(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  refuseLarge(incoming, limit);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const fail = (error: TidegateError): void => {
    incoming.off("data", take).off("end", end).off("close", gone);
    incoming.resume();
    reject(error);
  };
  const take = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > limit) fail(tooLarge(limit));
    else chunks.push(chunk);
  };
  const end = (): void => {
    // Every request closes in the end.
    incoming.off("close", gone);
    resolve(chunks[0] !== undefined && chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  };
  const gone = (): void => fail(new TidegateError("CANCELLED"));
  incoming.on("data", take).once("end", end).once("close", gone).once("error", gone);
  if (incoming.destroyed) gone();
  return promise;
}

function counted(incoming: IncomingMessage, limit: number): Readable {
  let size = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limit) done(tooLarge(limit));
      else done(null, chunk);
    },
    destroy(error, done) {
      // Who stops reading must not hold the connection: what still comes is thrown away.
      incoming.unpipe(counter).resume();
      done(error);
    },
  });
  incoming.once("error", () => counter.destroy(new TidegateError("CANCELLED")));
  incoming.once("close", () => {
    if (!incoming.complete) counter.destroy(new TidegateError("CANCELLED"));
  });
  return incoming.pipe(counter);
}
