import { TidegateError } from "../../contracts/errors.ts";

const maxDepth = 64;
/** Matches texts that can contain a refused key, plain or escaped. */
const suspicious = /proto|constructor|\\u/;
const quote = 34;
const backslash = 92;

/**
 * Parses untrusted JSON. Removes `__proto__`, `constructor` and `prototype` members.
 * @throws {TidegateError} `BODY_MALFORMED` where it is nested deeper than 64 levels
 * @throws {SyntaxError} where it is not JSON
 */
export function parseUntrustedJson(text: string): unknown {
  if (isDeeper(text, maxDepth))
    throw new TidegateError("BODY_MALFORMED", `The JSON is nested deeper than ${maxDepth} levels.`);
  const value: unknown = JSON.parse(text);
  if (suspicious.test(text)) removeRefusedMembers(value);
  return value;
}

/** Checks, before any value is created, whether brackets are nested deeper than the limit. */
function isDeeper(text: string, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === 123 || code === 91) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 125 || code === 93) depth -= 1;
  }
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

/** Removes refused members at all depths, which are limited by `isDeeper`. */
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
