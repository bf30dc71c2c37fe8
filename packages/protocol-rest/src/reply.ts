import { type Finding, isOpaque, type Reply, TidegateError } from "@tidegate/core-registry";
import { contentOf, discard } from "./content.ts";
import { checkHeaders } from "./headers.ts";

/** Where an answer comes from, and who is told what is wrong with it. */
export interface ReplyPlace {
  /** The route. */
  readonly jsonPath: string;
  /** Takes what is wrong; goes to the fragment's nodes. */
  report(finding: Finding): void;
}

const empty: Reply = { status: 204, headers: [], body: null };
const directives = ["$status", "$headers", "$body"] as const;
// Statuses that never have a body (RFC 9110).
const bodiless = new Set([204, 205, 304]);

/**
 * Makes the reply of a connector's result (S4.4, S4.5): `$status`, `$headers` and `$body` direct it; null is 204.
 * @throws {TidegateError} `REPLY_INVALID` where it cannot be sent; that is reported
 */
export function replyOf(value: unknown, place: ReplyPlace): Reply {
  if (isDirected(value)) return directedReply(value, place);
  return plainReply(value, place);
}

/**
 * Makes the reply of data as they are: `$`-members are ordinary ones. For what a client sent itself (`publish`).
 * @throws {TidegateError} `REPLY_INVALID` where JSON cannot say it; that is reported
 */
export function plainReply(value: unknown, place: ReplyPlace): Reply {
  if (value === null || value === undefined) return empty;
  const { headers, body } = content(value, place);
  return { status: 200, headers, body };
}

type Directed = Readonly<Record<string, unknown>>;

function isDirected(value: unknown): value is Directed {
  if (typeof value !== "object" || value === null) return false;
  return directives.some((name) => Object.hasOwn(value, name));
}

function directedReply(value: Directed, place: ReplyPlace): Reply {
  const body = bodyOf(value);
  const { $status: status } = value;
  if (status !== undefined && status !== null && !isStatus(status))
    return refuse(
      `\`$status\` is ${JSON.stringify(status) ?? typeof status}: expected an integer from 200 to 599.`,
      body,
      place,
    );
  const { headers, dropped, invalid } = checkHeaders(value.$headers);
  if (invalid !== undefined) return refuse(invalid, body, place);
  if (dropped.length > 0) reportDropped(dropped, place);

  const given = isStatus(status) ? status : undefined;
  if (body === undefined || body === null || (given !== undefined && bodiless.has(given))) {
    discard(body);
    return { status: given ?? empty.status, headers, body: null };
  }
  const made = content(body, place);
  const typed = headers.some(([name]) => name === "content-type");
  return { status: given ?? 200, headers: typed ? headers : [...made.headers, ...headers], body: made.body };
}

// Without `$body`, what else there is; else nothing. A stream or file that carries directives is the body itself.
function bodyOf(value: Directed): unknown {
  if (value.$body !== undefined) return value.$body;
  if (isOpaque(value)) return value;
  const rest = Object.entries(value).filter(
    ([name]) => name !== "$status" && name !== "$headers" && name !== "$body",
  );
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

function isStatus(status: unknown): status is number {
  return typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599;
}

function content(value: unknown, place: ReplyPlace): ReturnType<typeof contentOf> {
  try {
    return contentOf(value);
  } catch (cause) {
    return refuse(
      `It cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      value,
      place,
      cause,
    );
  }
}

function refuse(why: string, body: unknown, { jsonPath, report }: ReplyPlace, cause?: unknown): never {
  discard(body);
  report({
    severity: "error",
    code: "REPLY_INVALID",
    jsonPath,
    message: `The answer cannot be sent. ${why}`,
  });
  throw new TidegateError("REPLY_INVALID", `The answer cannot be sent. ${why}`, { cause });
}

function reportDropped(names: readonly string[], { jsonPath, report }: ReplyPlace): void {
  report({
    severity: "warning",
    code: "HEADER_DROPPED",
    jsonPath,
    message: `The gateway sets ${names.join(", ")} itself: left out of the answer.`,
    found: names.join(", "),
  });
}
