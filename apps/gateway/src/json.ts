import { codeFrame } from "@tidegate/core-registry/runtime";

/** A file is not valid JSON. Its message names the file and shows the place. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

/**
 * Parses the JSON text of a file.
 * @param name the file's name, for the error
 * @throws {JsonSyntaxError} with V8's message and, if V8 tells the position, a code frame
 */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new JsonSyntaxError(`${name} is not valid JSON: ${message}${frameOf(text, message)}`, { cause });
  }
}

function frameOf(text: string, message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  const offset = message.includes("end of JSON") ? text.length : Number(position ?? Number.NaN);
  if (Number.isNaN(offset)) return "";
  const linesBefore = text.slice(0, offset).split("\n");
  return `\n\n${codeFrame(text, linesBefore.length, (linesBefore.at(-1)?.length ?? 0) + 1)}`;
}
