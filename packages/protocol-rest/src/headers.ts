import type { Header } from "@tidegate/core-registry";
import { hopByHopHeaders } from "@tidegate/core-registry/runtime";

/** The checked `$headers` of a result. */
export interface CheckedHeaders {
  /** The headers to send. Names are in lower case. */
  readonly headers: readonly Header[];
  /** Names of the headers that only the gateway sets (S4.5). */
  readonly dropped: readonly string[];
  /** The reason why the headers cannot be sent at all. */
  readonly invalid: string | undefined;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** The characters of a field value (RFC 9110 5.5); so no CR, LF or NUL. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Checks `$headers` (S4.5). A value is a string, number, boolean or a list of these. Values that are null or
 * undefined are left out.
 */
export function checkHeaders(value: unknown): CheckedHeaders {
  if (value === undefined || value === null) return { headers: [], dropped: [], invalid: undefined };
  if (typeof value !== "object" || Array.isArray(value)) return invalid("`$headers` is not an object.");
  const headers: Header[] = [];
  const dropped: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    const name = key.toLowerCase();
    if (!token.test(name)) return invalid(`${JSON.stringify(key)} is not a valid header name.`);
    const values: readonly unknown[] = Array.isArray(member) ? member : [member];
    const texts = values.filter((item) => item !== undefined && item !== null).map(headerText);
    if (texts.includes(undefined)) return invalid(`The header ${name} has an invalid value.`);
    if (hopByHopHeaders.has(name)) dropped.push(name);
    else for (const text of texts) if (text !== undefined) headers.push([name, text]);
  }
  return { headers, dropped, invalid: undefined };
}

function headerText(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const text = String(value);
  return fieldValue.test(text) ? text : undefined;
}

function invalid(reason: string): CheckedHeaders {
  return { headers: [], dropped: [], invalid: reason };
}
