import { once } from "node:events";
import { type FileValue, type HttpRequest, TidegateError } from "@tidegate/core-registry";
import { textSource } from "@tidegate/core-registry/runtime";

/** What `@body` is for one request. */
export interface BodyValue {
  /** Undefined where the body is empty. */
  readonly value: unknown;
  /** Discards the rest of a file that no action has opened. Undefined where there is nothing to discard. */
  readonly discard?: () => void;
}

const empty: BodyValue = { value: undefined };

/**
 * Reads a body by its content type (S4.3): JSON, URL-encoded fields or text; any other type becomes a file
 * that streams. An empty body is no body, whether it has the length 0 or is chunked. Returns undefined where
 * there is no body.
 *
 * @throws {TidegateError} `MEDIA_TYPE_UNSUPPORTED` for multipart
 */
export function readBody(request: HttpRequest): Promise<BodyValue> | undefined {
  const { body } = request;
  const { type } = body;
  if (type === undefined) return undefined;
  if (type === "application/json" || type.endsWith("+json")) return body.json().then((value) => ({ value }));
  if (type === "application/x-www-form-urlencoded") return body.form().then(formValue);
  if (type.startsWith("text/")) return body.text().then((text) => (text === "" ? empty : { value: text }));
  if (type.startsWith("multipart/"))
    throw new TidegateError("MEDIA_TYPE_UNSUPPORTED", `This route does not accept a body of type ${type}.`);
  // A length above 0 is known to lead to bytes.
  if (request.header("transfer-encoding") !== undefined) return chunkedFile(request, type);
  const file: FileValue = { mimetype: type, createReadStream: () => body.raw() };
  return Promise.resolve({ value: file });
}

/** A form is text, like a query: its fields are cast to declared types (S3.3). */
function formValue(fields: Record<string, unknown>): BodyValue {
  return Object.keys(fields).length === 0 ? empty : { value: textSource(fields) };
}

/** Waits for the first bytes of a chunked body, because nothing else tells whether it is empty. */
async function chunkedFile({ body }: HttpRequest, mimetype: string): Promise<BodyValue> {
  const stream = body.raw();
  await once(stream, "readable");
  if (stream.readableLength === 0) {
    stream.destroy();
    return empty;
  }
  let isOpen = false;
  const createReadStream: FileValue["createReadStream"] = () => {
    if (isOpen) throw new TidegateError("INTERNAL", "The request body was already read.");
    isOpen = true;
    return stream;
  };
  const discard = (): void => {
    if (!isOpen) stream.destroy();
  };
  return { value: { mimetype, createReadStream }, discard };
}
