import { isTidegateError, parseUntrustedJson, TidegateError } from "@tidegate/core-registry";
import { jsonFaultAt } from "./json-fault.ts";

/**
 * Parses a body of JSON, as `parseHostileJson` does.
 * @throws `BODY_MALFORMED` with line and column
 */
export function parseJson(text: string): unknown {
  try {
    return parseUntrustedJson(text);
  } catch (cause) {
    if (isTidegateError(cause)) throw cause;
    const at = jsonFaultAt(text);
    const before = text.slice(0, at).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    const what = at >= text.length ? "it ends too early" : "this is not what can stand here";
    throw new TidegateError(
      "BODY_MALFORMED",
      `The body is no JSON: line ${before.length}, column ${column}: ${what}.`,
      { cause },
    );
  }
}
