import type { Middleware } from "@tidegate/core-registry";
import type { RequestParts } from "../request.ts";
import type { CheckContext } from "../suite/check.ts";
import {
  inputOf,
  type MiddlewareCheck,
  type MiddlewareExample,
  type MiddlewareSuite,
  needsRequestOrReply,
  type Outcome,
  replyOutcome,
  requestOutcome,
  startedMiddleware,
  type TestInput,
} from "./driver.ts";
import { frozenReply, sentText } from "./replies.ts";

/** Checks that requests do not see each other (S12.2). */
export const isolationChecks: readonly MiddlewareCheck[] = [
  {
    title: "requests at the same time share nothing",
    needs: needsRequestOrReply,
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      for (const example of [{ request: {} }, ...suite.requests]) {
        await overlap(suite, check, middleware, example, "in order");
        await overlap(suite, check, middleware, example, "reversed");
      }
    },
  },
];

/** A text that only one of two requests, and its reply, contains. */
type Mark = "mark-of-the-first" | "mark-of-the-second";

/** Two requests whose `request` hooks run before the first `reply` hook. */
async function overlap(
  suite: MiddlewareSuite,
  check: CheckContext,
  middleware: Middleware,
  example: MiddlewareExample,
  order: "in order" | "reversed",
): Promise<void> {
  const first = await begin(suite, check, middleware, example, "mark-of-the-first");
  const second = await begin(suite, check, middleware, example, "mark-of-the-second");
  const pair = [
    [first, "mark-of-the-second"],
    [second, "mark-of-the-first"],
  ] as const;
  for (const [begun, other] of order === "in order" ? pair : pair.toReversed()) {
    const outcome = await replyOutcome(check, middleware, replyOf(begun), begun.request);
    const text = await sentText(check, outcome);
    check.clause("The hooks of a request get the same object, which is the key of what they keep for it.");
    const what = `the reply to the request with '${begun.mark}' does not contain '${other}'`;
    check.ok(!text.includes(other), what, text);
  }
}

/** A request after its `request` hook. */
interface Begun {
  readonly mark: Mark;
  readonly request: TestInput;
  readonly outcome: Outcome;
}

async function begin(
  suite: MiddlewareSuite,
  check: CheckContext,
  middleware: Middleware,
  example: MiddlewareExample,
  mark: Mark,
): Promise<Begun> {
  const request = inputOf(suite, { ...example, request: marked(example.request, mark) }, mark);
  return { mark, request, outcome: await requestOutcome(check, middleware, request) };
}

function replyOf({ mark, outcome }: Begun) {
  if (outcome === undefined || "error" in outcome)
    return frozenReply(200, [["x-mark", mark]], `The reply for ${mark}.`);
  const { status, headers, body } = outcome.reply;
  return frozenReply(status, headers, body);
}

function marked(parts: RequestParts, mark: Mark): RequestParts {
  const { url = "/", headers = {} } = parts;
  const marks = { "user-agent": mark, "x-request-id": mark, "x-mark": mark };
  const query = `${url.includes("?") ? "&" : "?"}mark=${mark}`;
  return { ...parts, url: `${url}${query}`, headers: { ...marks, ...headers } };
}
