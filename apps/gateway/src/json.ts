import { codeFrame } from "@tidegate/core-registry";

/** A text that is no JSON: what is wrong with it and where, for people. */
export class JsonFault extends Error {
  /** Tells it from others. */
  override readonly name = "JsonFault";
}

/**
 * Parses the JSON text of a file.
 * @param name the file's name, for the error
 * @throws {JsonFault} with what is wrong, and a code frame where V8 tells the place
 */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new JsonFault(`${name} is no JSON: ${message}${frameOf(text, message)}`, { cause });
  }
}

function frameOf(text: string, message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  const offset = message.includes("end of JSON") ? text.length : Number(position ?? Number.NaN);
  if (Number.isNaN(offset)) return "";
  const before = text.slice(0, offset).split("\n");
  return `\n\n${codeFrame(text, before.length, (before.at(-1)?.length ?? 0) + 1)}`;
}
