import type { Route, WebSocketRoute } from "@tidegate/core-registry";
import { httpRequest } from "../request.ts";
import { serviceError } from "../service.ts";
import type { CheckContext } from "../suite/check.ts";
import { hostileValues, isMembers } from "../suite/values.ts";
import { type Answer, answerOf, bodyOf, routeOf } from "./answers.ts";
import type { ProtocolCheck, ProtocolSuite, RouteExample } from "./driver.ts";
import type { FoundRoute } from "./routing.ts";
import { fixedConnection, testSocket } from "./socket.ts";
import { compileParts, type ProtocolSystem, scopeOf, servedRoutes, startedSystem } from "./system.ts";

/** Checks how the routes of a protocol serve requests (S17). */
export const requestChecks: readonly ProtocolCheck[] = [
  {
    title: "routes reply to their examples",
    needs: needsRequests,
    run: async (suite, check) => {
      const { system, routes } = await served(suite, check);
      for (const example of httpExamples(suite)) {
        const answer = await answerOf(system, check, routeOf(check, routes, example), example);
        checkAnswer(check, example, answer);
      }
    },
  },
  {
    title: "sockets receive what their examples say, and end with their client",
    needs: (suite) =>
      socketExamples(suite).length > 0 ? undefined : "no example of the suite opens a WebSocket",
    run: async (suite, check) => {
      const { system, routes } = await served(suite, check);
      for (const example of socketExamples(suite))
        await checkSocket(system, check, routeOf(check, routes, example), example);
    },
  },
  {
    title: "an error of the service reaches the client with a code",
    needs: needsCalls,
    run: async (suite, check) => {
      const { system, routes } = await served(suite, check, () => {
        throw serviceError("The test's service fails.", { code: 418, type: "TEST_FAILED" });
      });
      for (const example of httpExamples(suite)) {
        const calls = system.bus.count();
        const answer = await answerOf(system, check, routeOf(check, routes, example), example);
        if (system.bus.count() === calls) continue;
        check.clause(
          "A failed call is an error for the client: a status from 400 on, or a code in the body.",
        );
        const isError = answer.status !== 200 || /TEST_FAILED|SERVICE_ERROR/.test(answer.text);
        check.ok(isError, `${labelOf(example)} answers with an error where its action fails`, answer);
      }
    },
  },
  {
    title: "strange bodies, queries and params do no harm",
    needs: needsRequests,
    run: async (suite, check) => {
      const { system, routes } = await served(suite, check);
      for (const example of httpExamples(suite)) {
        const found = routeOf(check, routes, example);
        for (const strange of strangeRequests(example)) await answerOf(system, check, found, strange);
        await answerOf(system, check, { ...found, params: {} }, { ...example, params: {} });
      }
    },
  },
  {
    title: "a request whose client disconnects ends",
    needs: needsCalls,
    run: async (suite, check) => {
      const waiting = Promise.withResolvers<void>();
      check.onEnd(waiting.resolve);
      const { system, routes } = await served(suite, check, () => waiting.promise);
      for (const example of httpExamples(suite)) {
        const client = new AbortController();
        const calls = system.bus.count();
        const scope = scopeOf(system, { signal: client.signal });
        const ended = answerOf(system, check, routeOf(check, routes, example), example, scope);
        ended.catch(() => undefined);
        if (await reaches(ended, () => system.bus.count() > calls)) client.abort();
        check.clause("Aborts when the client disconnects (CallScope.signal): the request ends.");
        await check.wait(ended, `${labelOf(example)} ends after its client disconnected`);
      }
    },
  },
  {
    title: "the sources that connectors receive are those that the protocol declares",
    needs: needsRequests,
    run: async (suite, check) => {
      const { system, routes } = await served(suite, check);
      for (const example of httpExamples(suite))
        await answerOf(system, check, routeOf(check, routes, example), example);
      for (const example of socketExamples(suite))
        await checkSocket(system, check, routeOf(check, routes, example), example);
      check.clause("The sources that mappings and functions can read (S3.1), by name without `@`.");
      check.equal([...system.undeclared], [], "the list of sources that the protocol does not declare");
      check.equal([...system.missing], [], "the list of declared sources that a connector reads and lacks");
    },
  },
];

/** Compiles and assembles all parts. */
async function served(
  suite: ProtocolSuite,
  check: CheckContext,
  handler?: () => unknown,
): Promise<{ readonly system: ProtocolSystem; readonly routes: readonly Route[] }> {
  const system = await startedSystem(suite, check, handler);
  return { system, routes: await servedRoutes(system, check, await compileParts(system, check)) };
}

function examplesOf({ parts }: ProtocolSuite): readonly RouteExample[] {
  return parts.flatMap(({ requests = [] }) => requests);
}

function httpExamples(suite: ProtocolSuite): readonly RouteExample[] {
  return examplesOf(suite).filter(({ messages }) => messages === undefined);
}

function socketExamples(suite: ProtocolSuite): readonly RouteExample[] {
  return examplesOf(suite).filter(({ messages }) => messages !== undefined);
}

function needsRequests(suite: ProtocolSuite): string | undefined {
  return examplesOf(suite).length > 0 ? undefined : "the suite has no requests";
}

function needsCalls(suite: ProtocolSuite): string | undefined {
  if (httpExamples(suite).length === 0) return "the suite has no HTTP requests";
  return Object.keys(suite.actions ?? {}).length > 0 ? undefined : "the suite has no actions";
}

function labelOf({ method = "GET", url = "/" }: RouteExample): string {
  return `${method} ${url}`;
}

function checkAnswer(check: CheckContext, example: RouteExample, answer: Answer): void {
  check.clause("The reply of the example.");
  const { status } = example;
  const isExpected = status === undefined ? answer.status < 400 : answer.status === status;
  check.ok(isExpected, `${labelOf(example)} answers ${status ?? "with success"}`, answer);
  if (!("body" in example)) return;
  const body = bodyOf(answer);
  const expected = example.body;
  if (typeof expected === "string" && !isMembers(body)) check.equal(String(body), expected, "the body");
  else check.matches(body, expected, `the body of ${labelOf(example)}`);
}

async function checkSocket(
  system: ProtocolSystem,
  check: CheckContext,
  { route, params }: FoundRoute,
  example: RouteExample,
): Promise<void> {
  const client = new AbortController();
  const scope = scopeOf(system, { signal: client.signal });
  const request = httpRequest({ ...example, params });
  const socketRoute = route as WebSocketRoute;
  check.clause("Decides before the upgrade: accepts it, or answers with an HTTP response (S6.3).");
  const accepted: unknown = await check.wait(
    Promise.try(() => socketRoute.accept(request, scope)),
    "accept() resolves",
  );
  check.matches(accepted, { accept: true }, "the result of accept()");
  const { socket, received, send, leave } = testSocket();
  const served = Promise.try(() => socketRoute.open(socket, scope, fixedConnection(socketRoute, scope)));
  served.catch(() => undefined);
  for (const message of example.messages ?? []) send(message);
  const count = example.received?.length ?? 0;
  if (count > 0)
    await check.until(() => received.items.length >= count, `the client receives ${count} messages`);
  check.clause("Serves the socket. It ends with its client.");
  leave();
  client.abort();
  await check.wait(
    served.catch(() => undefined),
    "open() resolves after the client left",
  );
  if (example.received !== undefined)
    check.equal(received.items, example.received, "the list of messages that the client received");
}

/** Variants of a request that no one expects. */
function strangeRequests(example: RouteExample): readonly RouteExample[] {
  const { url = "/" } = example;
  const { json: _, text: __, ...without } = example;
  const method = example.method ?? "GET";
  const query = url.includes("?") ? "&" : "?";
  const bodies = method === "GET" ? [] : [...hostileValues, { unknown: { member: 1 } }];
  return [
    { ...example, url: `${url}${query}unknown=1&unknown=2&__proto__=x&constructor=y` },
    { ...without, url: url.split("?")[0] ?? "/" },
    ...bodies.map((json) => ({ ...without, json })),
    ...(method === "GET" ? [] : [{ ...without, text: "\u0000{" }]),
    ...(method === "GET" ? [] : [{ ...without, text: "x", headers: { "content-type": "image/png" } }]),
  ];
}

/** Whether the request reaches its action; false where it ends before. */
async function reaches(ended: Promise<unknown>, isReached: () => boolean): Promise<boolean> {
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  ended.then(end, end);
  while (!hasEnded && !isReached()) await new Promise((resolve) => setImmediate(resolve));
  return isReached();
}
