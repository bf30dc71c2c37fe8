import type { Header } from "@tidegate/core-registry";
import { hopByHopHeaders } from "@tidegate/core-registry/runtime";
import { encodeDisposition } from "./disposition.ts";

/** The checked `$headers` of a result. */
export interface CheckedHeaders {
  /** The headers to send. Names are in lower case. */
  readonly headers: readonly Header[];
  /** Names of the headers that only the gateway sets (S4.5). */
  readonly dropped: readonly string[];
  /** Names of the headers of which a value was dropped, because it has characters beyond latin1 (S4.5). */
  readonly beyondLatin1: readonly string[];
  /** The reason why the headers cannot be sent at all. */
  readonly invalid: string | undefined;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** The characters of a field value (RFC 9110 5.5); so no CR, LF or NUL. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
/** The same, with the characters that a field value cannot carry. */
const wideFieldValue = /^[\t\x20-\x7e\x80-\uffff]*$/;

/**
 * Checks `$headers` (S4.5). A value is a string, number, boolean or a list of these. Values that are null or
 * undefined are left out.
 */
export function checkHeaders(value: unknown): CheckedHeaders {
  if (value === undefined || value === null) return noHeaders;
  if (typeof value !== "object" || Array.isArray(value)) return invalid("`$headers` is not an object.");
  const headers: Header[] = [];
  const dropped: string[] = [];
  const beyondLatin1: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    const name = key.toLowerCase();
    if (!token.test(name)) return invalid(`${JSON.stringify(key)} is not a valid header name.`);
    const values: readonly unknown[] = Array.isArray(member) ? member : [member];
    const texts = values.filter((item) => item !== undefined && item !== null).map(headerText);
    if (texts.includes(undefined)) return invalid(`The header ${name} has an invalid value.`);
    if (hopByHopHeaders.has(name)) {
      dropped.push(name);
      continue;
    }
    const sent = texts.flatMap((text) => sendableText(name, text) ?? []);
    for (const text of sent) headers.push([name, text]);
    if (sent.length < texts.length) beyondLatin1.push(name);
  }
  return { headers, dropped, beyondLatin1, invalid: undefined };
}

/** A valid value as text, which can have characters beyond latin1. */
function headerText(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const text = String(value);
  return wideFieldValue.test(text) ? text : undefined;
}

/** A value as it is sent; undefined where HTTP cannot carry it. */
function sendableText(name: string, text: string | undefined): string | undefined {
  if (text === undefined || fieldValue.test(text)) return text;
  return name === "content-disposition" ? encodeDisposition(text) : undefined;
}

const noHeaders: CheckedHeaders = { headers: [], dropped: [], beyondLatin1: [], invalid: undefined };

function invalid(reason: string): CheckedHeaders {
  return { ...noHeaders, invalid: reason };
}
