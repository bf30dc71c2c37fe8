import { Readable } from "node:stream";

/** Whether a value is a stream, a file or bytes: nothing that JSON could say. */
export function isOpaque(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Readable || value instanceof ReadableStream) return true;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return "createReadStream" in value && typeof value.createReadStream === "function";
}
