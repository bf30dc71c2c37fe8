import type { Middleware, MiddlewareInput } from "@tidegate/core-registry";
import type { RequestParts } from "../request.ts";
import type { CheckContext } from "../suite/check.ts";
import {
  inputOf,
  type MiddlewareCheck,
  type MiddlewareExample,
  type MiddlewareSuite,
  needsHook,
  needsRequestOrReply,
  replyOutcome,
  requestOutcome,
  startedMiddleware,
} from "./driver.ts";
import { hostileRequests } from "./hostile.ts";
import { problem, replyAfter } from "./replies.ts";

/** Checks what hooks do with requests (S12.2). */
export const requestChecks: readonly MiddlewareCheck[] = [
  {
    title: "request answers the requests of the examples, and no others",
    needs: needsHook("request"),
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      for (const example of suite.requests) await answers(suite, check, middleware, example);
    },
  },
  {
    title: "replies have the headers of the examples",
    needs: ({ requests }) =>
      requests.some(({ headers }) => headers !== undefined) ? undefined : "no example has `headers`",
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      for (const example of suite.requests) await hasHeaders(suite, check, middleware, example);
    },
  },
  {
    title: "hooks leave the body to the route, and change nothing of the request",
    needs: needsRequestOrReply,
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      for (const example of [{ request: {} }, ...suite.requests])
        await changesNothing(suite, check, middleware, example);
    },
  },
  {
    title: "hostile requests continue, or are answered",
    needs: needsRequestOrReply,
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      for (const example of hostileRequests(suite.requests)) {
        const request = inputOf(suite, example);
        const outcome = await requestOutcome(check, middleware, request);
        await replyOutcome(check, middleware, replyAfter(outcome), request);
        await replyOutcome(check, middleware, problem(404, "NOT_FOUND"), request);
      }
    },
  },
];

async function answers(
  suite: MiddlewareSuite,
  check: CheckContext,
  middleware: Middleware,
  example: MiddlewareExample,
): Promise<void> {
  const request = inputOf(suite, example);
  const outcome = await requestOutcome(check, middleware, request);
  const seen =
    outcome === undefined
      ? "it continues"
      : "reply" in outcome
        ? `it answers ${outcome.reply.status}`
        : `it throws ${outcome.error.code}`;
  const { answers: status, fails } = example;
  const answered = status === undefined ? "it continues" : `it answers ${status}`;
  check.clause("`request` returns undefined to continue, or the reply.");
  check.equal(
    seen,
    fails === undefined ? answered : `it throws ${fails}`,
    `what request() does for ${request.label}`,
  );
}

async function hasHeaders(
  suite: MiddlewareSuite,
  check: CheckContext,
  middleware: Middleware,
  example: MiddlewareExample,
): Promise<void> {
  const request = inputOf(suite, example);
  const given = replyAfter(await requestOutcome(check, middleware, request));
  const outcome = await replyOutcome(check, middleware, given, request);
  const sent = "reply" in outcome ? outcome.reply.headers : (outcome.error.details.headers ?? []);
  check.clause("`reply` returns the reply to send, with its headers.");
  for (const [name, value] of Object.entries(example.headers ?? {})) {
    const values = sent.filter(([one]) => one === name).map(([, one]) => one);
    check.equal(values.join(", "), value, `the header ${name} of the reply to ${request.label}`);
  }
}

async function changesNothing(
  suite: MiddlewareSuite,
  check: CheckContext,
  middleware: Middleware,
  example: MiddlewareExample,
): Promise<void> {
  const { input, label } = inputOf(suite, { ...example, request: withBody(example.request) });
  const read: string[] = [];
  const body = new Proxy(input.request.body, {
    get: (target, name) => {
      if (name !== "type" && name !== "then") read.push(String(name));
      return Reflect.get(target, name);
    },
  });
  const watched = { ...input, request: { ...input.request, body } };
  const before = snapshot(watched);
  const outcome = await requestOutcome(check, middleware, { input: watched, label });
  await check.wait(new Promise(setImmediate), "the hook request ends");
  check.clause("A hook that reads the body takes it from the route.");
  if (outcome === undefined)
    check.equal(read, [], `the list of members of the body that request() reads for ${label}`);
  await replyOutcome(check, middleware, replyAfter(outcome), { input: watched, label });
  check.clause("All hooks of a request get the same object. It is a key, and is not changed.");
  check.equal(
    changedMembers(before, snapshot(watched)),
    [],
    `the list of members that hooks changed for ${label}`,
  );
}

function withBody(parts: RequestParts): RequestParts {
  const hasBody = parts.json !== undefined || parts.text !== undefined;
  return hasBody ? parts : { ...parts, method: "POST", json: { some: "body" } };
}

/** The members of the input as texts, by name. The body is read elsewhere. */
function snapshot({ request, context, ...rest }: MiddlewareInput): ReadonlyMap<string, string> {
  const { body: _, ...members } = request;
  const entries = (prefix: string, object: object): [string, string][] =>
    Reflect.ownKeys(object).map((name) => [
      `${prefix}${String(name)}`,
      String(JSON.stringify(Reflect.get(object, name))),
    ]);
  return new Map([...entries("", rest), ...entries("request.", members), ...entries("context.", context)]);
}

/** The names of the members that were added, removed or changed. */
function changedMembers(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}
