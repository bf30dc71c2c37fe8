import { isTidegateError, TidegateError } from "@tidegate/core-registry";
import { parseUntrustedJson } from "@tidegate/core-registry/runtime";

type State = "value" | "value or ]" | "key" | "key or }" | ":" | ", or end";

interface Step {
  /** Where the next token can begin. */
  readonly at: number;
  readonly state: State;
}

const space = /[\t\n\r ]*/y;
// Every alternative matches a text in one way only, so matching takes linear time.
const jsonString = String.raw`"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[ !#-[\]-\uffff]*)*"`;
const jsonNumber = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const scalar = new RegExp(`${jsonString}|${jsonNumber}|true|false|null`, "y");

/**
 * Parses a JSON body with `parseUntrustedJson`.
 * @param numbers `any` accepts numbers that would change. Default: `exact`
 * @throws `BODY_MALFORMED` with line and column; `BAD_USER_INPUT` for a number that would change (S3.2)
 */
export function parseJson(text: string, numbers?: "exact" | "any"): unknown {
  try {
    return parseUntrustedJson(text, numbers);
  } catch (cause) {
    if (isTidegateError(cause)) throw cause;
    const at = jsonErrorOffset(text);
    const lines = text.slice(0, at).split("\n");
    const column = (lines.at(-1)?.length ?? 0) + 1;
    const what = at >= text.length ? "unexpected end" : "unexpected token";
    throw new TidegateError(
      "BODY_MALFORMED",
      `The request body is not valid JSON: ${what} at line ${lines.length}, column ${column}.`,
      { cause },
    );
  }
}

/** Offset of the first token that makes a text invalid JSON. V8's error messages do not always contain it. */
export function jsonErrorOffset(text: string): number {
  const open: ("{" | "[")[] = [];
  let state: State = "value";
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const next = readToken(text, at, state, open);
    if (next === undefined) return at;
    state = next.state;
    at = skipSpace(text, next.at);
  }
  return text.length;
}

/** @param open the brackets that are open, changed by the token */
function readToken(text: string, at: number, state: State, open: ("{" | "[")[]): Step | undefined {
  const character = text[at];
  if (state === ":") return character === ":" ? { at: at + 1, state: "value" } : undefined;
  if (state === ", or end") return readSeparator(character, at, open);
  if ((state === "value or ]" && character === "]") || (state === "key or }" && character === "}")) {
    open.pop();
    return { at: at + 1, state: ", or end" };
  }
  if (state === "key" || state === "key or }") {
    const end = character === '"' ? scalarEnd(text, at) : undefined;
    return end === undefined ? undefined : { at: end, state: ":" };
  }
  if (character === "{" || character === "[") {
    open.push(character);
    return { at: at + 1, state: character === "{" ? "key or }" : "value or ]" };
  }
  const end = scalarEnd(text, at);
  return end === undefined ? undefined : { at: end, state: ", or end" };
}

function readSeparator(character: string | undefined, at: number, open: ("{" | "[")[]): Step | undefined {
  const inside = open.at(-1);
  if (character === "," && inside !== undefined)
    return { at: at + 1, state: inside === "{" ? "key" : "value" };
  if ((character === "}" && inside === "{") || (character === "]" && inside === "[")) {
    open.pop();
    return { at: at + 1, state: ", or end" };
  }
  return undefined;
}

function scalarEnd(text: string, at: number): number | undefined {
  scalar.lastIndex = at;
  return scalar.test(text) ? scalar.lastIndex : undefined;
}

function skipSpace(text: string, at: number): number {
  space.lastIndex = at;
  space.test(text);
  return space.lastIndex;
}
