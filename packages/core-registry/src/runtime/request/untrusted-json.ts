import { TidegateError } from "../../contracts/errors.ts";

const maxDepth = 64;
/** What a refused key can look like in the text: plain, or with an escape somewhere in it. */
const suspicious = /proto|constructor|\\u/;
const quote = 34;
const backslash = 92;

/**
 * Parses JSON from outside: no deeper than 64, without `__proto__`, `constructor` and `prototype` members.
 * @throws `BODY_MALFORMED` where it is deeper; a `SyntaxError` where it is no JSON
 */
export function parseUntrustedJson(text: string): unknown {
  if (deeper(text, maxDepth))
    throw new TidegateError("BODY_MALFORMED", `The JSON is nested deeper than ${maxDepth} levels.`);
  const value: unknown = JSON.parse(text);
  if (suspicious.test(text)) strip(value);
  return value;
}

/** Whether brackets nest deeper than `limit`: told before anything is built. */
function deeper(text: string, limit: number): boolean {
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

/** Takes refused members out, to any depth. The depth is bounded already. */
function strip(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) strip(item);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (key === "__proto__" || key === "constructor" || key === "prototype")
      Reflect.deleteProperty(value, key);
    else strip(member);
  }
}
