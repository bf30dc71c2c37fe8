import { type Finding, type Header, type Reply, TidegateError } from "@tidegate/core-registry";
import { discardStream, isOpaque } from "@tidegate/core-registry/runtime";
import { checkHeaders } from "./headers.ts";
import { octetsOf } from "./octets.ts";

/** Reports faults of replies to the nodes that published the route. */
export interface ReplyReporter {
  /** The place of the route in the fragment. */
  readonly jsonPath: string;
  report(finding: Finding): void;
}

const emptyReply: Reply = { status: 204, headers: [], body: null };
/** Statuses whose responses have no body (RFC 9110). */
const statusesWithoutBody = new Set([204, 205, 304]);
const jsonType: readonly Header[] = [["content-type", "application/json; charset=utf-8"]];
const textType: readonly Header[] = [["content-type", "text/plain; charset=utf-8"]];
const binaryType: readonly Header[] = [["content-type", "application/octet-stream"]];

/**
 * Converts the result of a connector to a reply (S4.4, S4.5). `$status`, `$headers` and `$body` in it
 * determine the reply; null becomes 204.
 *
 * @throws {TidegateError} `REPLY_INVALID` where the result cannot be sent; the reporter gets a finding
 */
export function replyOf(value: unknown, reporter: ReplyReporter): Reply {
  return hasDirectives(value) ? directedReply(value, reporter) : literalReply(value, reporter);
}

/**
 * Converts data to a reply without a special meaning of `$status`, `$headers` and `$body`.
 *
 * @throws {TidegateError} `REPLY_INVALID` where the data cannot be sent; the reporter gets a finding
 */
export function literalReply(value: unknown, reporter: ReplyReporter): Reply {
  return value === null || value === undefined ? emptyReply : encodeReply(200, undefined, value, reporter);
}

const directives = new Set(["$status", "$headers", "$body"]);

type DirectedResult = Readonly<Record<string, unknown>>;

function hasDirectives(value: unknown): value is DirectedResult {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "$status") || Object.hasOwn(value, "$headers") || Object.hasOwn(value, "$body");
}

function directedReply(value: DirectedResult, reporter: ReplyReporter): Reply {
  const body = bodyOf(value);
  const status = value.$status ?? undefined;
  if (status !== undefined && !isStatus(status)) {
    const shown = JSON.stringify(status) ?? typeof status;
    return rejectReply(`\`$status\` is ${shown}; expected an integer from 200 to 599.`, body, reporter);
  }
  const { headers, dropped, beyondLatin1, invalid } = checkHeaders(value.$headers);
  if (invalid !== undefined) return rejectReply(invalid, body, reporter);
  if (dropped.length > 0) reportDropped(dropped, ownHeader, reporter);
  if (beyondLatin1.length > 0) reportDropped(beyondLatin1, wideHeader, reporter);

  const hasNoBody = status !== undefined && statusesWithoutBody.has(status);
  if (hasNoBody || body === undefined || body === null) {
    discardStream(body);
    return { status: status ?? emptyReply.status, headers, body: null };
  }
  return encodeReply(status ?? 200, headers, body, reporter);
}

/** `$body`, or the remaining members. A stream or file with directives is itself the body. */
function bodyOf(value: DirectedResult): unknown {
  if (value.$body !== undefined) return value.$body;
  if (isOpaque(value)) return value;
  const rest = Object.entries(value).filter(([name]) => !directives.has(name));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

function isStatus(status: unknown): status is number {
  return typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599;
}

/**
 * A string is sent as text, bytes and streams as octets, all else as JSON (S4.4). `headers` can override the
 * type.
 */
function encodeReply(
  status: number,
  headers: readonly Header[] | undefined,
  value: unknown,
  reporter: ReplyReporter,
): Reply {
  try {
    let type = jsonType;
    let body: Reply["body"] | undefined;
    if (typeof value === "string") {
      type = textType;
      body = value;
    } else if (isOpaque(value)) {
      type = binaryType;
      body = octetsOf(value, (reason) => invalidReply(reason, reporter));
    } else body = JSON.stringify(value);
    if (body === undefined) throw new TypeError(`JSON has no ${typeof value}.`);
    return { status, headers: headers === undefined ? type : withDefaultType(type, headers), body };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return rejectReply(`It cannot be encoded: ${reason}`, value, reporter, cause);
  }
}

function withDefaultType(type: readonly Header[], headers: readonly Header[]): readonly Header[] {
  return headers.some(([name]) => name === "content-type") ? headers : [...type, ...headers];
}

function rejectReply(reason: string, body: unknown, reporter: ReplyReporter, cause?: unknown): never {
  discardStream(body);
  throw invalidReply(reason, reporter, cause);
}

/** Reports a reply that cannot be sent, and returns its error. */
function invalidReply(reason: string, reporter: ReplyReporter, cause?: unknown): TidegateError {
  const message = `The reply cannot be sent. ${reason}`;
  reportInvalid(message, reporter);
  return new TidegateError("REPLY_INVALID", message, { cause });
}

/** Reports that the result of a connector cannot become a reply. */
export function reportInvalid(message: string, { jsonPath, report }: ReplyReporter): void {
  report({ severity: "error", code: "REPLY_INVALID", jsonPath, message });
}

/** Why headers are dropped. */
interface DropReason {
  /** The begin of a sentence that ends with the names. */
  readonly message: string;
  /** Default: the hint for the code of the finding. */
  readonly hint?: string;
}

const ownHeader: DropReason = { message: "Only the gateway sets" };
const wideHeader: DropReason = {
  message: "HTTP can carry no characters beyond latin1 in",
  hint: "Encode the value, or remove the header from `$headers`.",
};

function reportDropped(
  dropped: readonly string[],
  { message, hint }: DropReason,
  { jsonPath, report }: ReplyReporter,
): void {
  const names = dropped.join(", ");
  report({
    severity: "warning",
    code: "HEADER_DROPPED",
    jsonPath,
    message: `${message} ${names}; removed from the reply.`,
    found: names,
    ...(hint === undefined ? {} : { hint }),
  });
}
