import { isTidegateError, parseUntrustedJson, TidegateError } from "@tidegate/core-registry";

/**
 * What a client sent, as `@message` has it (S6.1): JSON where it parses, else text; a binary frame as bytes.
 * @throws {TidegateError} `BODY_MALFORMED` where brackets nest too deep
 */
export function readMessage(message: string | Uint8Array): unknown {
  if (typeof message !== "string") return message;
  try {
    return parseUntrustedJson(message);
  } catch (error) {
    if (isTidegateError(error)) throw error;
    return message;
  }
}

/**
 * What is sent of an event (S6.1): a string as text, bytes as a binary frame, all else as JSON; nothing is `null`.
 * @throws {TidegateError} `REPLY_INVALID` where JSON cannot say it
 */
export function writeMessage(value: unknown): string | Uint8Array {
  if (typeof value === "string") return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  try {
    return JSON.stringify(value ?? null) ?? refuse(typeof value);
  } catch (cause) {
    throw isTidegateError(cause) ? cause : refuse("value", cause);
  }
}

function refuse(what: string, cause?: unknown): never {
  throw new TidegateError("REPLY_INVALID", `JSON cannot say this ${what}.`, { cause });
}
