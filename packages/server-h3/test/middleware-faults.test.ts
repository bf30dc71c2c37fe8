import { once } from "node:events";
import { Readable } from "node:stream";
import { defineMiddleware, type Middleware, type Reply, TidegateError } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { json, problem, route, start } from "./fixture.ts";

type Hook = "request" | "reply" | "error";

const secret = "the password is x";
const ok = route("GET", "/", () => json("open"));
const failing = route("GET", "/failing", () => {
  throw new TidegateError("FORBIDDEN", "The rule 'own' denies it.");
});

/** A middleware whose hook returns what TypeScript forbids. */
function broken(hook: Hook, run: (reply: Reply | undefined) => unknown): Middleware {
  const middleware = { name: "broken", [hook]: (first: Reply | undefined) => run(first) };
  return defineMiddleware(middleware as Omit<Middleware, "contract">);
}

const throwingThenable = {
  // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable.
  then() {
    throw new Error(secret);
  },
};

/** What hooks do wrongly, whatever hook it is. */
const faults: readonly (readonly [string, () => unknown])[] = [
  [
    "throws",
    () => {
      throw new Error(secret);
    },
  ],
  [
    "throws a text",
    () => {
      throw secret;
    },
  ],
  [
    "throws null",
    () => {
      throw null;
    },
  ],
  [
    "rejects",
    async () => {
      throw new Error(secret);
    },
  ],
  ["returns a text", () => secret],
  ["returns null", () => null],
  ["returns false", () => false],
  ["returns a list", () => [json(secret)]],
  ["returns a Response of the web", () => new Response(secret)],
  ["returns a promise of a wrong value", async () => ({ ok: true })],
  ["returns no status", () => ({ headers: [], body: secret })],
  ["returns the status 101", () => ({ status: 101, headers: [], body: null })],
  ["returns the status 99", () => ({ status: 99, headers: [], body: secret })],
  ["returns the status '200'", () => ({ status: "200", headers: [], body: secret })],
  ["returns no headers", () => ({ status: 200, body: secret })],
  ["returns headers as an object", () => ({ status: 200, headers: { "x-a": "1" }, body: secret })],
  ["returns a header that is no pair", () => ({ status: 200, headers: [["x-a"]], body: secret })],
  ["returns a header with a number", () => ({ status: 200, headers: [["x-a", 1]], body: secret })],
  ["returns a header name with a space", () => ({ status: 200, headers: [["x a", "1"]], body: secret })],
  ["injects a header by CRLF", () => ({ status: 200, headers: [["x-a", "1\r\nx-b: 2"]], body: secret })],
  ["injects a header by a name", () => ({ status: 200, headers: [["x-a: 1\r\nx-b", "2"]], body: secret })],
  ["returns no body", () => ({ status: 200, headers: [] })],
  ["returns an object as body", () => ({ status: 200, headers: [], body: { secret } })],
  ["returns a web stream as body", () => ({ status: 200, headers: [], body: new ReadableStream() })],
  [
    "returns a getter that throws",
    () => ({
      get status() {
        throw new Error(secret);
      },
      headers: [],
      body: null,
    }),
  ],
  ["returns a thenable that throws", () => throwingThenable],
];

describe("S17: a broken request hook fails closed", () => {
  test.each(faults)("%s: 500, one line in the log, nothing of it for the client", async (_what, run) => {
    const fixture = await start([ok], { middleware: [broken("request", run)] });
    const response = await fetch(fixture.url);
    expect(response.headers.has("x-b")).toBe(false);
    const document = await problem(response);
    expect(document).toMatchObject({ status: 500, code: "INTERNAL", detail: "Internal server error." });
    expect(JSON.stringify(document)).not.toContain("password");
    expect(fixture.log).toHaveLength(1);
    expect(fixture.log[0]).toMatch(/^error: .* of the middleware 'broken': .* failed in 'request': /);
    expect(fixture.log[0]).toContain(String(document.requestId));
  });
});

describe("S17: a broken reply hook fails closed", () => {
  test.each([...faults, ["returns nothing", () => undefined] as const])(
    "%s: 500, one line in the log, and the next hook sees the 500",
    async (_what, run) => {
      const seen: number[] = [];
      const outer = defineMiddleware({
        name: "outer",
        reply: (reply) => {
          seen.push(reply.status);
          return reply;
        },
      });
      const fixture = await start([ok], { middleware: [outer, broken("reply", run)] });
      const document = await problem(await fetch(fixture.url));
      expect(document).toMatchObject({ status: 500, code: "INTERNAL", detail: "Internal server error." });
      expect(seen).toEqual([500]);
      expect(fixture.log).toHaveLength(1);
      expect(fixture.log[0]).toMatch(/^error: .* of the middleware 'broken': .* failed in 'reply': /);
    },
  );

  test("a hook that changes the given reply instead of returning another one", async () => {
    const shared: Reply = { status: 200, headers: [["x-a", "1"]], body: "shared" };
    const mutations: readonly ((reply: Reply) => unknown)[] = [
      (reply) => Object.assign(reply, { status: 201 }),
      (reply) => (reply.headers as unknown[]).push(["set-cookie", "a=1"]),
      (reply) => Object.assign(reply.headers[0] ?? [], ["x-b"]),
    ];
    for (const change of mutations) {
      const middleware = broken("reply", (reply) => {
        if (reply !== undefined) change(reply);
        return reply;
      });
      const fixture = await start([route("GET", "/", () => shared)], { middleware: [middleware] });
      expect((await fetch(fixture.url)).status).toBe(500);
      expect(fixture.log).toHaveLength(1);
    }
    expect(shared).toEqual({ status: 200, headers: [["x-a", "1"]], body: "shared" });
  });

  test("the stream of the reply is destroyed", async () => {
    const body = new Readable({ read: () => undefined });
    body.push("x");
    const handle = () => ({ status: 200, headers: [], body });
    const middleware = broken("reply", () => undefined);
    const { url } = await start([route("GET", "/", handle)], { middleware: [middleware] });
    expect((await fetch(url)).status).toBe(500);
    expect(body.destroyed).toBe(true);
  });

  test("a stream that another body replaces is destroyed with the reply", async () => {
    const body = new Readable({ read: () => undefined });
    body.push("x");
    const closed = once(body, "close");
    const middleware = broken("reply", () => json("other"));
    const handle = () => ({ status: 200, headers: [], body });
    const { url } = await start([route("GET", "/", handle)], { middleware: [middleware] });
    expect(await (await fetch(url)).json()).toBe("other");
    await closed;
  });
});

describe("S17: a broken error hook", () => {
  test.each(faults)("%s: it is logged, and the original error is answered", async (_what, run) => {
    const fixture = await start([failing], { middleware: [broken("error", run)] });
    const document = await problem(await fetch(`${fixture.url}/failing`));
    expect(document).toMatchObject({ status: 403, code: "FORBIDDEN", detail: "The rule 'own' denies it." });
    expect(fixture.log).toHaveLength(1);
    expect(fixture.log[0]).toMatch(/^error: .* of the middleware 'broken': .* failed in 'error': /);
  });

  test("an error hook that throws an error for clients is broken, too", async () => {
    const middleware = broken("error", () => {
      throw new TidegateError("NOT_FOUND");
    });
    const fixture = await start([failing], { middleware: [middleware] });
    expect((await fetch(`${fixture.url}/failing`)).status).toBe(403);
    expect(fixture.log).toHaveLength(1);
  });

  test("the next error hook is still asked", async () => {
    const other = defineMiddleware({ name: "other", error: () => json("handled", 409) });
    const middleware = [other, broken("error", () => null)];
    const { url } = await start([failing], { middleware });
    expect((await fetch(`${url}/failing`)).status).toBe(409);
  });
});

describe("S12.5 an error that a hook throws on purpose", () => {
  test("is answered with its status, and goes through the error hooks", async () => {
    const seen: string[] = [];
    const middleware = defineMiddleware({
      name: "door",
      request: async () => {
        throw new TidegateError("RATE_LIMITED", "Only 5 requests a second.", { retryAfter: 1 });
      },
      error: (error) => void seen.push(error.code),
    });
    const fixture = await start([ok], { middleware: [middleware] });
    const response = await fetch(fixture.url);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await problem(response)).toMatchObject({ status: 429, detail: "Only 5 requests a second." });
    expect([seen, fixture.log]).toEqual([["RATE_LIMITED"], []]);
  });

  test("headers that cannot be sent become 500", async () => {
    const middleware = defineMiddleware({
      name: "door",
      request: () => {
        throw new TidegateError("FORBIDDEN", "x", { headers: [["x-a", "1\r\nx-b: 2"]] });
      },
    });
    const { url } = await start([ok], { middleware: [middleware] });
    const response = await fetch(url);
    expect([response.status, response.headers.has("x-b")]).toEqual([500, false]);
  });
});
