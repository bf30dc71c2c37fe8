import { TidegateError } from "../../contracts/errors.ts";
import { jsonPath } from "../fragment/issues.ts";
import { isExactNumber } from "../params/exact-number.ts";

const maxDepth = 64;
/** Matches texts that can contain a refused key, plain or escaped. */
const suspicious = /proto|constructor|\\u/;
/** A number without exponent that is not longer is always kept. */
const maxPlainLength = 15;
const maxShownLength = 60;
const quote = 34;
const backslash = 92;

/**
 * Parses untrusted JSON. Removes `__proto__`, `constructor` and `prototype` members.
 * @param numbers `any` accepts numbers that would change, such as 2^53+1 or `1e400`. Default: `exact`
 * @throws {TidegateError} `BODY_MALFORMED` where it is nested deeper than 64 levels; `BAD_USER_INPUT` with
 * the path of a number that would change (S3.2)
 * @throws {SyntaxError} where it is not JSON
 */
export function parseUntrustedJson(text: string, numbers: "exact" | "any" = "exact"): unknown {
  const lossyAt = scan(text);
  const value: unknown = JSON.parse(text);
  if (lossyAt !== -1 && numbers === "exact") throw lossyNumber(text, lossyAt);
  if (suspicious.test(text)) removeRefusedMembers(value);
  return value;
}

/**
 * Reads a text once before any value is created: checks how deep its brackets are nested, and its numbers.
 * Returns the offset of the first number that would change; -1 where there is none.
 * @throws {TidegateError} `BODY_MALFORMED`
 */
function scan(text: string): number {
  let depth = 0;
  let lossyAt = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === 123 || code === 91) {
      depth += 1;
      if (depth > maxDepth)
        throw new TidegateError("BODY_MALFORMED", `The JSON is nested deeper than ${maxDepth} levels.`);
    } else if (code === 125 || code === 93) depth -= 1;
    else if (isDigit(code)) {
      const end = endOfNumber(text, at);
      if (lossyAt === -1 && !isKept(text, at, end)) lossyAt = at;
      at = end - 1;
    }
  }
  return lossyAt;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** The end of a number that begins with a digit: after its digits and its fraction, or after its exponent. */
function endOfNumber(text: string, begin: number): number {
  let end = begin + 1;
  let code = text.charCodeAt(end);
  while (isDigit(code) || code === 46) {
    end += 1;
    code = text.charCodeAt(end);
  }
  if (!isExponent(code)) return end;
  do {
    end += 1;
    code = text.charCodeAt(end);
  } while (isDigit(code) || code === 43 || code === 45);
  return end;
}

/** `e` or `E`. */
function isExponent(code: number): boolean {
  return (code | 32) === 101;
}

/** Whether the number between two offsets is kept. Usual numbers are not copied. */
function isKept(text: string, begin: number, end: number): boolean {
  if (end - begin <= maxPlainLength && !hasExponent(text, begin, end)) return true;
  const number = text.slice(begin, end);
  const value = Number(number);
  return (value <= Number.MAX_SAFE_INTEGER && String(value) === number) || isExactNumber(number);
}

function hasExponent(text: string, begin: number, end: number): boolean {
  // The exponent has at least one digit, and so has what is before it.
  for (let at = begin + 1; at < end - 1; at += 1) if (isExponent(text.charCodeAt(at))) return true;
  return false;
}

function endOfString(text: string, begin: number): number {
  let at = text.indexOf('"', begin + 1);
  while (at !== -1) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash && at - 1 - slashes > begin) slashes += 1;
    if (slashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return text.length;
}

function lossyNumber(text: string, at: number): TidegateError {
  const keys = keysTo(text, at);
  const number = text.slice(text[at - 1] === "-" ? at - 1 : at, endOfNumber(text, at));
  const found = number.length > maxShownLength ? `${number.slice(0, maxShownLength)}…` : number;
  const parameter = jsonPath(keys);
  const name = parameter === "" ? "The JSON value" : `\`${parameter}\``;
  const expected = "a number within the precision of a double, and an integer at most 2^53-1";
  const message = `${name} must be ${expected}; it is ${found}. Send larger numbers as strings.`;
  return new TidegateError("BAD_USER_INPUT", message, {
    data: { parameter, expected, found },
  });
}

/** The keys from the root of a valid JSON text to the value at an offset. */
function keysTo(text: string, target: number): (string | number)[] {
  const keys: (string | number)[] = [];
  let key = "";
  for (let at = 0; at < target; at += 1) {
    const character = text[at];
    const last = keys.at(-1);
    if (character === '"') {
      const end = endOfString(text, at);
      key = text.slice(at, end + 1);
      at = end;
    } else if (character === "{") keys.push("");
    else if (character === "[") keys.push(0);
    else if (character === "}" || character === "]") keys.pop();
    else if (character === ":") keys[keys.length - 1] = String(JSON.parse(key));
    else if (character === "," && typeof last === "number") keys[keys.length - 1] = last + 1;
  }
  return keys;
}

/** Removes refused members at all depths, which `scan` limits. */
function removeRefusedMembers(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) removeRefusedMembers(item);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (key === "__proto__" || key === "constructor" || key === "prototype")
      Reflect.deleteProperty(value, key);
    else removeRefusedMembers(member);
  }
}
