import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type Header, type Reply, TidegateError } from "@tidegate/core-registry";
import type { RequestParts } from "../request.ts";
import type { CheckContext } from "../suite/check.ts";
import type { Outcome } from "./driver.ts";

/** Creates a reply as a server hands it to hooks: frozen, with its headers. */
export function frozenReply(status: number, headers: readonly Header[], body: Reply["body"]): Reply {
  const pairs = headers.map(([name, value]): Header => Object.freeze([name, value] as const));
  return Object.freeze({ status, headers: Object.freeze(pairs), body });
}

/** A reply that a gateway can send, with the method of its request. */
export interface ReplyKind {
  readonly request?: RequestParts;
  make(): Reply;
}

const plain: Header = ["content-type", "text/plain; charset=utf-8"];

/** Replies of all kinds, except an accepted upgrade and a stream. */
export const replyKinds: readonly ReplyKind[] = [
  { make: () => frozenReply(200, [plain], "some text") },
  { make: () => frozenReply(200, [plain], "") },
  { make: () => frozenReply(200, [["content-type", "application/octet-stream"]], bytesOf()) },
  { make: () => frozenReply(200, [], null) },
  { make: () => frozenReply(201, [["location", "/players/7"]], null) },
  { make: () => frozenReply(200, cookies, "two cookies") },
  { make: () => frozenReply(204, [], null) },
  { make: () => frozenReply(304, [["etag", '"7"']], null) },
  { make: () => problem(404, "NOT_FOUND") },
  { make: () => problem(499, "CANCELLED") },
  { make: () => problem(500, "INTERNAL") },
  { request: { method: "HEAD" }, make: () => frozenReply(200, [plain], "not sent") },
];

const cookies: readonly Header[] = [
  ["set-cookie", "a=1"],
  ["set-cookie", "b=2"],
];

/** The bytes of a reply: new ones each time, because a hook can change them. */
export function bytesOf(): Uint8Array {
  return Uint8Array.from([0, 1, 2, 253, 254, 255]);
}

/** The problem document of an error. */
export function problem(status: number, code: string): Reply {
  const headers: readonly Header[] = [
    ["content-type", "application/problem+json"],
    ["cache-control", "no-store"],
  ];
  return frozenReply(status, headers, JSON.stringify({ type: "about:blank", status, code }));
}

/** The reply that hooks see after `request`: its own, that of its error, or one of status 200. */
export function replyAfter(outcome: Outcome): Reply {
  if (outcome === undefined) return frozenReply(200, [plain], "some text");
  if ("error" in outcome) return problem(outcome.error.status, outcome.error.code);
  const { status, headers, body } = outcome.reply;
  return frozenReply(status, headers, body);
}

/** Reads the body of a reply to its end. Fails where a stream does not end within the limit. */
export async function readBody(check: CheckContext, { body }: Reply): Promise<string> {
  if (body === null || typeof body === "string") return body ?? "";
  if (!(body instanceof Readable)) return Buffer.from(body).toString();
  check.onEnd(() => void body.on("error", () => undefined).destroy());
  return check.wait(text(body), "the stream of the reply can be read to its end");
}

/** All texts that a client gets of an outcome: the headers and the body, or the message of the error. */
export async function sentText(check: CheckContext, outcome: Exclude<Outcome, undefined>): Promise<string> {
  if ("error" in outcome) {
    const { code, message, details } = outcome.error;
    return JSON.stringify([code, message, details.data, details.headers]);
  }
  const { headers } = outcome.reply;
  return `${JSON.stringify(headers)} ${await readBody(check, outcome.reply)}`;
}

/** A secret that no client gets: the message, the data and the cause of internal errors contain it. */
export const secret = "s3cret-of-the-database";

/** Errors as routes throw them. The messages and the data of those of 500 and more are hidden. */
export function thrownErrors(): readonly TidegateError[] {
  const cause = new Error(`password ${secret}`);
  return [
    new TidegateError("NOT_FOUND"),
    new TidegateError("METHOD_NOT_ALLOWED", undefined, { headers: [["allow", "GET"]] }),
    new TidegateError("FORBIDDEN", "This path is internal."),
    new TidegateError("UNAUTHENTICATED"),
    new TidegateError("RATE_LIMITED", undefined, { retryAfter: 3 }),
    new TidegateError("CANCELLED"),
    new TidegateError("SERVICE_ERROR", "Gone.", { status: 410, serviceCode: "PLAYER_RETIRED" }),
    new TidegateError("INTERNAL", `Cannot connect with ${secret}.`, { cause }),
    new TidegateError("SERVICE_ERROR", `Failed: ${secret}.`, { data: { secret }, cause }),
    new TidegateError("ACTION_UNAVAILABLE", `No node of ${secret}.`),
  ];
}
