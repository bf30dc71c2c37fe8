import type { Header } from "@tidegate/core-registry";

/** Headers that a service's answer asked for, checked. */
export interface CheckedHeaders {
  /** Those that may be sent, names in lower case. */
  readonly headers: readonly Header[];
  /** Names that are the gateway's own to set (S4.5). */
  readonly dropped: readonly string[];
  /** What cannot be sent at all; the answer is refused. */
  readonly invalid: string | undefined;
}

// Framing, and what is between two hops (RFC 9110 7.6.1, RFC 9112).
const framing = new Set([
  "connection",
  "content-length",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// What a field value may hold (RFC 9110 5.5), and so no CR, LF or NUL.
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Checks `$headers` (S4.5). Values are texts, numbers, booleans or lists of these; null and absent ones are left out. */
export function checkHeaders(value: unknown): CheckedHeaders {
  if (value === undefined || value === null) return { headers: [], dropped: [], invalid: undefined };
  if (typeof value !== "object" || Array.isArray(value)) return invalid("`$headers` is no object.");
  const headers: Header[] = [];
  const dropped: string[] = [];
  for (const [written, member] of Object.entries(value)) {
    const name = written.toLowerCase();
    if (!token.test(name)) return invalid(`${JSON.stringify(written)} is no name of a header.`);
    const values: readonly unknown[] = Array.isArray(member) ? member : [member];
    const texts = values.filter((each) => each !== undefined && each !== null).map(headerText);
    if (texts.includes(undefined)) return invalid(`The header ${name} has a value that cannot be sent.`);
    if (framing.has(name) || name.startsWith("proxy-")) {
      dropped.push(name);
      continue;
    }
    for (const text of texts) if (text !== undefined) headers.push([name, text]);
  }
  return { headers, dropped, invalid: undefined };
}

function headerText(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const text = String(value);
  return fieldValue.test(text) ? text : undefined;
}

function invalid(why: string): CheckedHeaders {
  return { headers: [], dropped: [], invalid: why };
}
