import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { type Header, TidegateError } from "@tidegate/core-registry";

/** The request headers whose value is no list: a second one contradicts the first (RFC 9110, 5.3). */
const singletons: ReadonlySet<string> = new Set([
  "access-control-request-method",
  "authorization",
  "content-length",
  "content-location",
  "content-range",
  "content-type",
  "date",
  "from",
  "host",
  "if-modified-since",
  "if-range",
  "if-unmodified-since",
  "max-forwards",
  "origin",
  "proxy-authorization",
  "range",
  "referer",
  "sec-websocket-key",
  "sec-websocket-version",
  "user-agent",
]);
/** A host and an optional port (RFC 3986, 3.2.2 and 3.2.3): a name, or an IPv6 address in brackets. */
const authorityPattern = /^(?:\[([\da-f:.]+)\]|(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})+)(?::(\d*))?$/i;
const absoluteForm = /^https?:\/\/([^/?]*)([^?]*)(.*)$/i;
/** No URL contains these: spaces, control characters, a fragment, characters beyond ASCII. */
const invalidInTarget = /[^!"$-~]/;
const maxPort = 65_535;

/**
 * Checks the head of a request: its `Host` (RFC 9112, 3.2), its transfer coding (6.1), headers that can occur
 * once, its expectation.
 * @throws `BAD_REQUEST`, with status 501 for an unknown transfer coding and 417 for an unknown expectation
 */
export function checkHead(incoming: IncomingMessage): void {
  const { headers, rawHeaders, httpVersionMinor } = incoming;
  // Node keeps one member for each name.
  if (Object.keys(headers).length * 2 !== rawHeaders.length) checkRepeated(rawHeaders);
  const { host, expect, "transfer-encoding": coding } = headers;
  checkHost(host, incoming);
  if (coding !== undefined) checkTransferCoding(coding, httpVersionMinor);
  // A client of HTTP/1.0 cannot expect anything.
  if (expect !== undefined && httpVersionMinor > 0 && expect.toLowerCase() !== "100-continue")
    throw malformed("The only expectation that is supported is 100-continue.", 417);
}

/** The connection is closed: what follows on it can be another request than the client meant. */
function malformed(message: string, status = 400): TidegateError {
  const headers: readonly Header[] = [["connection", "close"]];
  return new TidegateError("BAD_REQUEST", message, { status, exposed: true, headers });
}

function checkRepeated(rawHeaders: readonly string[]): void {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    if (!singletons.has(name)) continue;
    if (seen.has(name)) throw malformed(`The header ${name} occurs more than once.`);
    seen.add(name);
  }
}

/** An empty `Host` belongs to a URL without a host, which `http` does not have. */
function checkHost(host: string | undefined, { httpVersionMinor, url = "/" }: IncomingMessage): void {
  if (host === undefined) {
    if (httpVersionMinor === 0) return;
    throw malformed("The header Host is missing.");
  }
  if (isAuthority(host) || (host === "" && absoluteForm.test(url))) return;
  throw malformed("The header Host is not a host name with an optional port.");
}

function isAuthority(text: string): boolean {
  const parts = authorityPattern.exec(text);
  if (parts === null) return false;
  const [, ipv6, port = ""] = parts;
  return (ipv6 === undefined || isIP(ipv6) === 6) && Number(port) <= maxPort;
}

/** Without `chunked` at its end, and in HTTP/1.0, the end of the body is unknown (RFC 9112, 6.1 and 6.3). */
function checkTransferCoding(coding: string, httpVersionMinor: number): void {
  const names = coding.toLowerCase().split(",");
  if (names.at(-1)?.trim() !== "chunked" || httpVersionMinor === 0)
    throw malformed("The end of the request body is unknown: its last transfer coding must be chunked.");
  if (names.length > 1) throw malformed("The only transfer coding that is supported is chunked.", 501);
}

/**
 * Path and query of a request target, which can be an absolute URL; `*` for OPTIONS. Nothing is normalised,
 * unlike in `URL`.
 * @throws `BAD_REQUEST` where the target is neither
 */
export function originForm(target: string): string {
  if (!invalidInTarget.test(target)) {
    if (target.charCodeAt(0) === 47 || target === "*") return target;
    const [, authority = "", path = "", query = ""] = absoluteForm.exec(target) ?? [];
    if (isAuthority(authority)) return (path || "/") + query;
  }
  throw new TidegateError("BAD_REQUEST", "The request target is neither a path nor a valid URL.");
}

/**
 * Host and port that a request is for: of an absolute URL, else of the `Host` header; empty where there is
 * none.
 */
export function requestedHost({ url = "/", headers }: IncomingMessage): string {
  if (url.startsWith("/")) return headers.host ?? "";
  return absoluteForm.exec(url)?.[1] ?? headers.host ?? "";
}
