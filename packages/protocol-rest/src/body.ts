import { type Body, type FileValue, TidegateError } from "@tidegate/core-registry";

/**
 * Reads a request's body by its content type (S4.3): JSON, URL-encoded fields, text; any other type is a file that
 * streams. Undefined where there is no body.
 * @throws {TidegateError} `MEDIA_TYPE_UNSUPPORTED` for multipart; what reading throws
 */
export function readBody(body: Body): Promise<unknown> | undefined {
  const { type } = body;
  if (type === undefined) return undefined;
  if (type === "application/json" || type.endsWith("+json")) return body.json();
  if (type === "application/x-www-form-urlencoded") return body.form();
  if (type.startsWith("text/")) return body.text();
  if (type.startsWith("multipart/"))
    throw new TidegateError("MEDIA_TYPE_UNSUPPORTED", `A body of type ${type} is not understood here.`);
  const file: FileValue = { mimetype: type, createReadStream: () => body.raw() };
  return Promise.resolve(file);
}
