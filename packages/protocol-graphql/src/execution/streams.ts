import { Readable } from "node:stream";

/** Whether a value is a stream or a file: something that is read once, and cannot be part of a GraphQL answer (S5.5). */
export function isFileOrStream(value: object): boolean {
  if (value instanceof Readable || value instanceof ReadableStream) return true;
  return "createReadStream" in value && typeof value.createReadStream === "function";
}
