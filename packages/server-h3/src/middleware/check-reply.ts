import { validateHeaderName, validateHeaderValue } from "node:http";
import { Readable } from "node:stream";
import type { Header, Reply } from "@tidegate/core-registry";
import { discardStream } from "@tidegate/core-registry/runtime";

/**
 * Checks a reply that a route or a hook returned, and returns a frozen copy with header names in lower case.
 * Destroys the stream of a reply that is not valid.
 * @param isSwitch whether the reply accepts an upgrade: then its status can also be 101
 * @throws {TypeError} with a sentence that says what is wrong
 */
export function checkReply(value: unknown, isSwitch: boolean): Reply {
  if (typeof value !== "object" || value === null) throw new TypeError(`It returned ${nameOf(value)}.`);
  const body = checkBody(Reflect.get(value, "body"));
  try {
    const status = checkStatus(Reflect.get(value, "status"), isSwitch);
    const headers = checkHeaders(Reflect.get(value, "headers"));
    return Object.freeze({ status, headers, body });
  } catch (error) {
    discardStream(body);
    throw error;
  }
}

/** Destroys the body of a reply that came too late. */
export function discardReply(value: unknown): void {
  const body: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "body") : undefined;
  if (body instanceof Readable) body.on("error", () => undefined).destroy();
}

function checkStatus(status: unknown, isSwitch: boolean): number {
  const isValid = typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599;
  if (isValid || (isSwitch && status === 101)) return Number(status);
  throw new TypeError(`The reply has the invalid status ${String(status)}.`);
}

function checkHeaders(headers: unknown): readonly Header[] {
  if (!Array.isArray(headers)) throw new TypeError("The reply has no list of headers.");
  return Object.freeze(headers.map(checkHeader));
}

function checkHeader(header: unknown): Header {
  const [name, value, ...rest]: readonly unknown[] = Array.isArray(header) ? header : [];
  if (typeof name !== "string" || typeof value !== "string" || rest.length > 0)
    throw new TypeError("The reply has a header that is not a pair of strings.");
  validateHeaderName(name);
  validateHeaderValue(name, value);
  const pair: Header = [name.toLowerCase(), value];
  return Object.freeze(pair);
}

function checkBody(body: unknown): Reply["body"] {
  if (body === null || typeof body === "string" || body instanceof Uint8Array) return body;
  if (!(body instanceof Readable)) throw new TypeError(`The body of the reply is ${nameOf(body)}.`);
  // A stream that fails before it is sent must not end the process.
  return body.on("error", () => undefined);
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object of another kind" : typeof value;
}
