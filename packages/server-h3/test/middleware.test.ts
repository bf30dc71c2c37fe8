import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import {
  defineMiddleware,
  type GatewayPage,
  type Middleware,
  type Reply,
  TidegateError,
} from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { json, problem, raw, rawRequest, route, served, start } from "./fixture.ts";

/** A middleware that records its hooks in `log`. */
function tracer(
  name: string,
  log: string[],
  definition: Omit<Middleware, "contract" | "name"> = {},
): Middleware {
  return defineMiddleware({
    name,
    request(input) {
      log.push(`${name} request`);
      return definition.request?.(input);
    },
    error(error, input) {
      log.push(`${name} error ${error.code}`);
      return definition.error?.(error, input);
    },
    reply(reply, input) {
      log.push(`${name} reply ${reply.status}`);
      return definition.reply?.(reply, input) ?? reply;
    },
  });
}

const text = (body: string, status = 200): Reply => ({ status, headers: [], body });

describe("S12.2 the order of hooks", () => {
  test("request hooks run in the configured order, reply hooks in reverse order", async () => {
    const log: string[] = [];
    const handle = () => {
      log.push("route");
      return text("hello");
    };
    const middleware = [tracer("a", log), tracer("b", log)];
    const { url } = await start([route("GET", "/", handle)], { middleware });
    expect(await (await fetch(url)).text()).toBe("hello");
    expect(log).toEqual(["a request", "b request", "route", "b reply 200", "a reply 200"]);
  });

  test("the first request hook that returns a reply answers; all reply hooks see it", async () => {
    const log: string[] = [];
    const middleware = [
      tracer("a", log, { request: async () => text("closed", 503) }),
      tracer("b", log, { request: () => text("never") }),
    ];
    const { url } = await start([route("GET", "/", () => expect.unreachable())], { middleware });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([503, "closed"]);
    expect(log).toEqual(["a request", "b reply 503", "a reply 503"]);
  });

  test("an error goes through the error hooks in reverse order, and the first reply wins", async () => {
    const log: string[] = [];
    const middleware = [
      tracer("a", log, { error: () => text("never") }),
      tracer("b", log, { error: async (error) => text(`sorry: ${error.message}`, 502) }),
      tracer("c", log),
    ];
    const handle = () => {
      throw new TidegateError("CALL_TIMEOUT", "too slow");
    };
    const { url } = await start([route("GET", "/", handle)], { middleware });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([502, "sorry: too slow"]);
    expect(log.slice(3)).toEqual([
      "c error CALL_TIMEOUT",
      "b error CALL_TIMEOUT",
      "c reply 502",
      "b reply 502",
      "a reply 502",
    ]);
  });

  test("an error that no hook answers becomes a problem document, which the reply hooks see", async () => {
    const log: string[] = [];
    const { url } = await start([], { middleware: [tracer("a", log)] });
    expect(await problem(await fetch(url))).toMatchObject({ status: 404, code: "NOT_FOUND" });
    expect(log).toEqual(["a request", "a error NOT_FOUND", "a reply 404"]);
  });

  test("a reply hook changes status, headers and body, and the next one sees the change", async () => {
    const log: string[] = [];
    const middleware = [
      tracer("outer", log),
      tracer("inner", log, {
        reply: async (reply) => ({
          status: 201,
          headers: [...reply.headers, ["X-Mine", "1"]],
          body: "changed",
        }),
      }),
    ];
    const { url } = await start([route("GET", "/", () => text("hello"))], { middleware });
    const response = await fetch(url);
    expect([response.status, response.headers.get("x-mine"), await response.text()]).toEqual([
      201,
      "1",
      "changed",
    ]);
    expect(log.at(-1)).toBe("outer reply 201");
  });

  test("all hooks of a request get the same input, so that a WeakMap can carry values", async () => {
    const values = new WeakMap<object, string>();
    const middleware = defineMiddleware({
      name: "timer",
      request: (input) => void values.set(input, `${input.request.method} ${input.request.path}`),
      error: (_error, input) => text(values.get(input) ?? "lost"),
      reply: (reply, input) => ({ ...reply, headers: [["x-value", values.get(input) ?? "lost"]] }),
    });
    const { url } = await start([], { middleware: [middleware] });
    const response = await fetch(`${url}/a/b`);
    expect([response.headers.get("x-value"), await response.text()]).toEqual(["GET /a/b", "GET /a/b"]);
  });
});

describe("S12.2 middleware sees every reply", () => {
  const page: GatewayPage = {
    method: "GET",
    path: "/~status",
    access: "open",
    handle: () => json({ page: true }),
  };
  const routes = [
    route("GET", "/", () => json(1)),
    route("POST", "/body", async ({ body }) => json(await body.json())),
    route("GET", "/broken", () => {
      throw new Error("secret");
    }),
    route("GET", "/invalid", () => ({ status: 42, headers: [], body: null })),
    route("GET", "/stream", () => ({ status: 200, headers: [], body: Readable.from(["a", "b"]) })),
    route("GET", "/empty", () => ({ status: 200, headers: [], body: Readable.from([]) })),
    route("GET", "/dead", () => ({ status: 200, headers: [], body: Readable.from(["x"]).destroy() })),
  ];

  test.each([
    ["a route", "GET /", 200],
    ["HEAD", "HEAD /", 200],
    ["OPTIONS", "OPTIONS /", 204],
    ["OPTIONS *", "OPTIONS *", 204],
    ["no route", "GET /none", 404],
    ["another method", "DELETE /", 405],
    ["a malformed path", "GET /%zz", 400],
    ["an empty segment", "GET //x", 404],
    ["a malformed body", "POST /body", 400],
    ["an unknown branch", "GET /~none/x", 404],
    ["a route of a branch", "GET /~dev/on-branch", 200],
    ["an error of a route", "GET /broken", 500],
    ["a reply that cannot be sent", "GET /invalid", 500],
    ["a stream", "GET /stream", 200],
    ["an empty stream", "GET /empty", 200],
    ["a stream that failed before its first byte", "GET /dead", 500],
    ["a page", "GET /~status", 200],
    ["an unknown page", "GET /~catalog/none", 404],
    ["liveness", "GET /~health/liveness", 200],
    ["an unknown health page", "GET /~health/none", 404],
  ])("%s: %s answers %i with the header of a middleware", async (_what, line, status) => {
    const log: string[] = [];
    const middleware = tracer("a", log, {
      reply: (reply) => ({ ...reply, headers: [...reply.headers, ["x-seen", String(reply.status)]] }),
    });
    const fixture = await start(routes, { middleware: [middleware] }, { pages: [page] });
    fixture.branches.dev = [served("22222222", [route("GET", "/on-branch", () => json("dev"))])];
    const isPost = line.startsWith("POST");
    const headers = isPost ? ["content-type: application/json", "content-length: 1"] : [];
    const answer = await raw(fixture, rawRequest(line, headers, isPost ? "{" : ""));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain(`x-seen: ${status}\r\n`);
    expect([log[0], log.at(-1)]).toEqual(["a request", `a reply ${status}`]);
    expect(answer).not.toContain("secret");
  });

  test("the reply of a gateway that is starting", async () => {
    const log: string[] = [];
    const fixture = await start(routes, { middleware: [tracer("a", log)] }, { starting: true });
    expect((await fetch(fixture.url)).status).toBe(503);
    expect(log).toEqual(["a request", "a error STARTING", "a reply 503"]);
  });

  test("streams arrive whole, and the scope ends with them", async () => {
    const closed: unknown[] = [];
    const handle = (_request: unknown, scope: { readonly context: { get(name: string): unknown } }) => {
      scope.context.get("opened");
      return { status: 200, headers: [], body: Readable.from(["a", "b"]) };
    };
    const { url } = await start([route("GET", "/", handle)], {
      middleware: [tracer("a", [])],
      contexts: [{ contract: 2, name: "opened", create: () => 1, close: (value) => void closed.push(value) }],
    });
    expect(await (await fetch(url)).text()).toBe("ab");
    expect(closed).toEqual([1]);
  });

  test("a body that is too large answers 413 and closes the connection, as without middleware", async () => {
    const answering = tracer("a", [], { error: (error) => text("too much", error.status) });
    const fixture = await start(routes, { middleware: [answering], bodyBytes: 4 });
    const [response] = (await once(
      request(`${fixture.url}/body`, {
        method: "POST",
        headers: { "content-type": "application/json" },
      }).end("12345678"),
      "response",
    )) as [IncomingMessage];
    expect([response.statusCode, response.headers.connection]).toEqual([413, "close"]);
    response.resume();
  });
});

describe("S12.2 what hooks are given", () => {
  test("path, base and query as routes read them, peer, headers, and the time", async () => {
    const seen: unknown[] = [];
    const middleware = defineMiddleware({
      name: "reader",
      request({ request, receivedAt, isUpgrade }) {
        const { method, path, base, query, peer } = request;
        seen.push(method, path, base, query.q, peer.address, request.header("x-a"), isUpgrade);
        seen.push(receivedAt <= Date.now() && receivedAt > Date.now() - 60_000);
        return undefined;
      },
    });
    const fixture = await start([], { middleware: [middleware] });
    await raw(fixture, rawRequest("GET /~dev/a/./b?q=1", ["x-a: 2"]));
    expect(seen).toEqual(["GET", "/a/b", "/~dev", "1", "127.0.0.1", "2", false, true]);
  });

  test("the id is that of the route, the log and the reply", async () => {
    const ids: unknown[] = [];
    const middleware = defineMiddleware({
      name: "ids",
      request: (input) => void ids.push(input.id, input.context.get("id")),
    });
    const { url } = await start([route("GET", "/", (_request, scope) => json(scope.context.get("id")))], {
      middleware: [middleware],
    });
    const response = await fetch(url);
    const id = response.headers.get("x-request-id");
    expect([await response.json(), ...ids]).toEqual([id, id, id]);
  });

  test("context values are created and closed once for hooks and route", async () => {
    const events: string[] = [];
    const value = (name: string) => ({
      contract: 2 as const,
      name,
      create: () => events.push(`create ${name}`),
      close: () => void events.push(`close ${name}`),
    });
    const middleware = defineMiddleware({
      name: "reader",
      request: (input) => void input.context.get("early"),
      reply: (reply, input) => {
        input.context.get("late");
        return reply;
      },
    });
    const handle = () => json(1);
    const fixture = await start(
      [
        route("GET", "/", (_request, scope) => {
          scope.context.get("early");
          scope.context.get("late");
          return handle();
        }),
      ],
      { middleware: [middleware], contexts: [value("early"), value("late"), value("unread")] },
    );
    await raw(fixture, rawRequest("GET /"));
    await expect.poll(() => events).toEqual(["create early", "create late", "close late", "close early"]);
  });

  test("without a route, hooks can still read the context", async () => {
    const middleware = defineMiddleware({
      name: "reader",
      reply: (reply, { context }) => ({ ...reply, headers: [["x-ip", String(context.get("ip"))]] }),
    });
    const { url } = await start([], { middleware: [middleware] });
    expect((await fetch(`${url}/none`)).headers.get("x-ip")).toBe("127.0.0.1");
  });
});
