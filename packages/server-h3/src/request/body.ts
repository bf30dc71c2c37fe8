import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { type Readable, Transform } from "node:stream";
import { TextDecoder } from "node:util";
import { type Body, type BodyPart, TidegateError } from "@tidegate/core-registry";
import { isDecodable, parseFields } from "./fields.ts";
import { parseJson } from "./json.ts";

/** Maximum sizes of request bodies, in bytes. */
export interface BodyLimits {
  /** For bodies that are buffered: JSON, text, form fields. */
  readonly bodyBytes: number;
  /** For bodies that a route reads as a stream. */
  readonly streamBytes: number;
}

const prototypeNames = ["__proto__", "constructor", "prototype"];
const charsetParameter = /;\s*charset\s*=\s*"?([^\s;"]+)/i;

/** The body of a request (S4.3). It can be read once; its size is limited whichever way it is read. */
export class RequestBody implements Body {
  readonly type: string | undefined;
  readonly #incoming: IncomingMessage;
  readonly #limits: BodyLimits;
  readonly #sendContinue: () => void;
  #isRead = false;

  /** @param sendContinue asks a client that waits for `100 Continue` for the body */
  constructor(incoming: IncomingMessage, limits: BodyLimits, sendContinue: () => void) {
    this.#incoming = incoming;
    this.#limits = limits;
    this.#sendContinue = sendContinue;
    this.type = hasBody(incoming) ? mediaType(incoming) : undefined;
  }

  /** Undefined where the request has no body or an empty one, which can be known only at its end. */
  async json(numbers?: "exact" | "any"): Promise<unknown> {
    if (this.type === undefined) return undefined;
    const text = await this.text();
    return text === "" ? undefined : parseJson(text, numbers);
  }

  async text(): Promise<string> {
    this.#startReading();
    if (this.type === undefined) return "";
    // An unsupported charset is refused before the body is read.
    const decode = textDecoder(charsetParameter.exec(this.#incoming.headers["content-type"] ?? "")?.[1]);
    checkContentLength(this.#incoming, this.#limits.bodyBytes);
    this.#sendContinue();
    return decode(await readAll(this.#incoming, this.#limits.bodyBytes));
  }

  async form(): Promise<Record<string, unknown>> {
    const text = await this.text();
    if (!isDecodable(text))
      throw new TidegateError("BODY_MALFORMED", "The form contains invalid percent-encoding.");
    const fields = parseFields(text);
    for (const name of prototypeNames) delete fields[name];
    return fields;
  }

  /** @throws `MEDIA_TYPE_UNSUPPORTED`: multipart bodies are not supported yet */
  parts(): AsyncIterable<BodyPart> {
    throw new TidegateError("MEDIA_TYPE_UNSUPPORTED", "Multipart bodies are not supported.");
  }

  raw(): Readable {
    this.#startReading();
    checkContentLength(this.#incoming, this.#limits.streamBytes);
    this.#sendContinue();
    return limitedStream(this.#incoming, this.#limits.streamBytes);
  }

  #startReading(): void {
    if (this.#isRead) throw new TidegateError("INTERNAL", "The request body was already read.");
    this.#isRead = true;
    const encoding = this.#incoming.headers["content-encoding"]?.trim().toLowerCase() ?? "";
    if (encoding !== "" && encoding !== "identity")
      throw new TidegateError("MEDIA_TYPE_UNSUPPORTED", "Bodies with a Content-Encoding are not supported.", {
        headers: [["accept-encoding", "identity"]],
      });
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  if (headers["transfer-encoding"] !== undefined) return true;
  return Number(headers["content-length"] ?? 0) > 0;
}

function mediaType({ headers }: IncomingMessage): string {
  const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  return type || "application/octet-stream";
}

function tooLarge(limit: number): TidegateError {
  return new TidegateError("BODY_TOO_LARGE", `The request body is larger than ${limit} bytes.`, {
    // The rest of the body is not read, so the connection cannot be used for another request.
    headers: [["connection", "close"]],
  });
}

function checkContentLength(incoming: IncomingMessage, limit: number): void {
  if (Number(incoming.headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
}

async function readAll(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const fail = (error: TidegateError): void => {
    incoming.off("data", onData).off("end", onEnd).off("close", onClose);
    incoming.resume();
    reject(error);
  };
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > limit) fail(tooLarge(limit));
    else chunks.push(chunk);
  };
  const onEnd = (): void => {
    // Node emits "close" after every request, complete or not.
    incoming.off("close", onClose);
    resolve(chunks[0] !== undefined && chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  };
  const onClose = (): void => fail(new TidegateError("CANCELLED"));
  incoming.on("data", onData).once("end", onEnd).once("close", onClose).once("error", onClose);
  if (incoming.destroyed) onClose();
  return promise;
}

function limitedStream(incoming: IncomingMessage, limit: number): Readable {
  let size = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limit) done(tooLarge(limit));
      else done(null, chunk);
    },
    destroy(error, done) {
      // When the reader stops early, the rest of the body is discarded; else it would block the connection.
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

/**
 * The decoder of a charset; UTF-8 where none is given.
 * @throws `MEDIA_TYPE_UNSUPPORTED` for an unknown charset; the decoder throws `BODY_MALFORMED`
 */
function textDecoder(charset: string | undefined): (bytes: Buffer) => string {
  if (charset === undefined || /^utf-?8$/i.test(charset)) return decodeUtf8;
  const decoder = createDecoder(charset);
  return (bytes) => {
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new TidegateError("BODY_MALFORMED", `The request body is not valid ${charset}.`, { cause });
    }
  };
}

function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new TidegateError("BODY_MALFORMED", "The request body is not valid UTF-8.");
  const text = bytes.toString("utf8");
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function createDecoder(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch (cause) {
    throw new TidegateError(
      "MEDIA_TYPE_UNSUPPORTED",
      `The charset '${charset.slice(0, 40)}' is not supported.`,
      { cause },
    );
  }
}
