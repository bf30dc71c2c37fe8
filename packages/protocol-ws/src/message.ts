import { isTidegateError, publicError, type Scope, TidegateError } from "@tidegate/core-registry";
import { parseUntrustedJson } from "@tidegate/core-registry/runtime";

/**
 * Decodes a client's message to the value of `@message` (S6.1): JSON where it parses, else the text; a binary
 * frame as bytes.
 *
 * @throws {TidegateError} `BODY_MALFORMED` where the JSON is nested too deeply
 */
export function decodeMessage(message: string | Uint8Array): unknown {
  if (typeof message !== "string") return message;
  try {
    return parseUntrustedJson(message);
  } catch (error) {
    if (isTidegateError(error)) throw error;
    return message;
  }
}

/**
 * Encodes an event's payload (S6.1): a string as text, bytes as a binary frame, all else as JSON; undefined
 * as `null`.
 *
 * @throws {TidegateError} `REPLY_INVALID` where JSON cannot express the value
 */
export function encodeMessage(value: unknown): string | Uint8Array {
  if (typeof value === "string") return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  let cause: unknown;
  try {
    const json = JSON.stringify(value ?? null);
    if (json !== undefined) return json;
  } catch (error) {
    cause = error;
  }
  throw new TidegateError("REPLY_INVALID", `The event's ${typeof value} cannot be encoded as JSON.`, {
    cause,
  });
}

/**
 * Encodes an error as a frame (S6.3): `{"error": {"code", "message", "requestId", "data"}}`. Internal errors
 * are masked as in HTTP problems.
 */
export function encodeError(thrown: unknown, scope: Scope): string {
  const { code, message, data } = publicError(thrown);
  const frame = { code, message, requestId: scope.correlation.requestId };
  try {
    return JSON.stringify({ error: { ...frame, data } });
  } catch {
    // The service chooses `data`, so JSON cannot express every value of it.
    return JSON.stringify({ error: frame });
  }
}
