import { once } from "node:events";
import { Agent, get } from "node:http";
import { Readable } from "node:stream";
import { errorCodes, type Reply, TidegateError } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { ServerRequest } from "../src/request/request.ts";
import { json, problem, raw, rawRequest, route, start } from "./fixture.ts";

const reply = (change: Partial<Reply>): Reply => ({ status: 200, headers: [], body: null, ...change });

describe("replies", () => {
  test.each([
    ["a text", "hé", "hé", "3"],
    ["bytes", Uint8Array.of(104, 105), "hi", "2"],
    ["nothing", null, "", "0"],
    ["an empty text", "", "", "0"],
  ])("%s is sent with its length", async (_what, body, text, length) => {
    const { url } = await start([route("GET", "/", () => reply({ body }))]);
    const response = await fetch(url);
    expect([await response.text(), response.headers.get("content-length")]).toEqual([text, length]);
  });

  test("status lines have a reason phrase", async () => {
    const fixture = await start([route("GET", "/", () => reply({ status: 201 }))]);
    expect(await raw(fixture, rawRequest("GET /"))).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
    expect(await raw(fixture, rawRequest("GET /no"))).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  });

  test("a header can be repeated", async () => {
    const headers = [
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ] as const;
    const { url } = await start([route("GET", "/", () => reply({ headers }))]);
    expect((await fetch(url)).headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  test("a header is sent as latin1, whatever the body is", async () => {
    const bodies = ["text é", Buffer.from("bytes"), null, Readable.from(["stream"], { objectMode: false })];
    const headers = [["x-a", "\u00e9"]] as const;
    const { url } = await start(
      bodies.map((body, index) => route("GET", `/${index}`, () => reply({ headers, body }))),
    );
    for (const index of bodies.keys())
      expect((await fetch(`${url}/${index}`)).headers.get("x-a")).toBe("\u00e9");
    expect(await (await fetch(`${url}/0`)).text()).toBe("text é");
  });

  test.each([204, 304])("reply-08 status %i has no body", async (status) => {
    const fixture = await start([route("GET", "/", () => reply({ status, body: "never" }))]);
    const answer = await raw(fixture, rawRequest("GET /"));
    expect(answer.split("\r\n\r\n")[1]).toBe("");
  });

  test("reply-04 a route cannot set hop-by-hop headers and the content length", async () => {
    const headers = [
      ["content-length", "3"],
      ["transfer-encoding", "chunked"],
      ["connection", "upgrade"],
      ["upgrade", "h2c"],
      ["x-mine", "1"],
    ] as const;
    const fixture = await start([route("GET", "/", () => reply({ headers, body: "eleven char" }))]);
    const answer = await raw(fixture, rawRequest("GET /"));
    expect(answer).toContain("content-length: 11\r\n");
    expect(answer).toContain("x-mine: 1\r\n");
    expect(answer).not.toMatch(/chunked|upgrade|content-length: 3/i);
  });

  test.each([
    ["status 101", { status: 101 }],
    ["status 99", { status: 99 }],
    ["status 600", { status: 600 }],
    ["status NaN", { status: Number.NaN }],
    ["CRLF in a value", { headers: [["x-a", "1\r\nx-b: 2"]] as const }],
    ["NUL in a value", { headers: [["x-a", "\0"]] as const }],
    ["a space in a name", { headers: [["x a", "1"]] as const }],
  ])("reply-01 reply-02 %s answers 500 and is logged", async (_what, change) => {
    const fixture = await start([route("GET", "/", () => reply(change))]);
    const response = await fetch(fixture.url);
    expect(response.status).toBe(500);
    expect(await problem(response)).toMatchObject({ code: "REPLY_INVALID" });
    expect(fixture.log.join()).toContain("REPLY_INVALID");
  });
});

describe("S8 streams", () => {
  test("a stream is sent, and the scope ends with it", async () => {
    let ended = false;
    const close = () => {
      ended = true;
    };
    const fixture = await start(
      [
        route("GET", "/", (_request, scope) => {
          scope.context.get("opened");
          return reply({ body: Readable.from(["a", "b"]) });
        }),
        route("GET", "/empty", () => reply({ body: Readable.from([]) })),
        route("GET", "/buffered", () => {
          const body = new Readable({ read: () => undefined });
          body.push("all of it");
          body.push(null);
          return reply({ body });
        }),
      ],
      {
        contexts: [{ contract: 2, name: "opened", create: () => 1, close }],
      },
    );
    expect(await (await fetch(fixture.url)).text()).toBe("ab");
    expect(ended).toBe(true);
    expect(await (await fetch(`${fixture.url}/empty`)).text()).toBe("");
    expect(await (await fetch(`${fixture.url}/buffered`)).text()).toBe("all of it");
  });

  test("a stream that fails before its first byte becomes a problem document", async () => {
    const fixture = await start([
      route("GET", "/", () =>
        reply({
          body: new Readable({
            read() {
              this.destroy(new TidegateError("CALL_TIMEOUT"));
            },
          }),
        }),
      ),
      route("GET", "/dead", () => reply({ body: Readable.from(["x"]).destroy() })),
    ]);
    const response = await fetch(fixture.url);
    expect([response.status, (await problem(response)).code]).toEqual([504, "CALL_TIMEOUT"]);
    expect((await fetch(`${fixture.url}/dead`)).status).toBe(500);
  });

  test("reply-09 a stream that fails later cuts the connection: the body is incomplete", async () => {
    const fixture = await start([
      route("GET", "/", () =>
        reply({
          body: Readable.from(
            (async function* () {
              yield "first half";
              throw new Error("broken");
            })(),
          ),
        }),
      ),
    ]);
    const response = await fetch(fixture.url);
    await expect(response.text()).rejects.toThrow();
    expect(fixture.log.join()).toContain("INTERNAL");
  });

  test("a disconnect destroys the stream and aborts the signal, and is not logged as an error", async () => {
    const closed = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<unknown>();
    const fixture = await start([
      route("GET", "/", (_request, scope) => {
        scope.signal.addEventListener("abort", () => aborted.resolve(scope.signal.reason));
        const body = new Readable({ read: () => undefined });
        body.push("x");
        body.once("close", () => closed.resolve());
        return reply({ body });
      }),
    ]);
    const request = get(fixture.url);
    const [response] = (await once(request, "response")) as [Readable];
    await once(response, "readable");
    response.destroy();
    await closed.promise;
    expect(await aborted.promise).toMatchObject({ code: "CANCELLED" });
    expect(fixture.log).toEqual([]);
  });

  test("a later request of a connection notices the disconnect, and none leaves a listener", async () => {
    const aborted = Promise.withResolvers<unknown>();
    const waiting = Promise.withResolvers<void>();
    const listeners: number[] = [];
    const { url } = await start([
      route("GET", "/fast", (request, scope) => {
        scope.onEnd(() => expect.unreachable());
        if (request instanceof ServerRequest)
          listeners.push(
            request.incoming.socket.listenerCount("close"),
            request.outgoing.listenerCount("close"),
          );
        return reply({});
      }),
      route("GET", "/slow", (_request, scope) => {
        scope.onEnd(aborted.resolve);
        waiting.resolve();
        return new Promise(() => undefined);
      }),
    ]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let count = 0; count < 20; count++) {
      const [response] = (await once(get(`${url}/fast`, { agent }), "response")) as [Readable];
      await once(response.resume(), "end");
    }
    expect(new Set(listeners.slice(2).filter((_, at) => at % 2 === 0)).size).toBe(1);
    const slow = get(`${url}/slow`, { agent }).on("error", () => undefined);
    await waiting.promise;
    slow.destroy();
    expect(await aborted.promise).toMatchObject({ code: "CANCELLED" });
    agent.destroy();
  });

  test("a text is sent as its characters need: one byte each, or UTF-8", async () => {
    const headers = [["content-type", "text/plain; charset=utf-8"]] as const;
    const { url } = await start([
      route("GET", "/:text", ({ params }) => reply({ headers, body: params.text ?? "" })),
    ]);
    for (const text of ["plain", "é", "日本", "\u0001\u007f", "\u0080", "😀"])
      expect(await (await fetch(`${url}/${encodeURIComponent(text)}`)).text()).toBe(text);
  });

  test("HEAD destroys the stream without reading it", async () => {
    const body = new Readable({ read: () => expect.unreachable() });
    const { url } = await start([route("GET", "/", () => reply({ body }))]);
    expect((await fetch(url, { method: "HEAD" })).status).toBe(200);
    expect(body.destroyed).toBe(true);
  });
});

describe("S12.5 errors", () => {
  const throwing = (error: unknown) =>
    route("GET", "/", () => {
      throw error;
    });

  test("an error becomes a problem document with a request id, and is logged with the same id", async () => {
    const fixture = await start([throwing(new Error("internal secret"))]);
    const response = await fetch(fixture.url, { headers: { "x-request-id": "my-id" } });
    expect(response.headers.get("x-request-id")).toBe("my-id");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await problem(response)).toEqual({
      type: "about:blank",
      title: "Internal Server Error",
      status: 500,
      detail: errorCodes.INTERNAL.title,
      code: "INTERNAL",
      requestId: "my-id",
    });
    expect(fixture.log.join()).toContain("my-id");
  });

  test("a rejected promise and a thrown text become problem documents, too", async () => {
    const { url } = await start([
      route("GET", "/late", async () =>
        Promise.reject(new TidegateError("FORBIDDEN", "The rule 'own' says no.")),
      ),
      throwing("a text"),
    ]);
    expect(await problem(await fetch(`${url}/late`))).toMatchObject({
      status: 403,
      code: "FORBIDDEN",
      detail: "The rule 'own' says no.",
    });
    expect(await problem(await fetch(url))).toMatchObject({ status: 500, code: "INTERNAL" });
  });

  test("a service's own code and data are sent below status 500, and hidden from 500 on", async () => {
    const details = { serviceCode: "PLAYER_RETIRED", data: { since: 2020 } };
    const { url } = await start([
      throwing(new TidegateError("SERVICE_ERROR", "retired", { ...details, status: 409 })),
      route("POST", "/", () => {
        throw new TidegateError("SERVICE_ERROR", "db password is x", { ...details, status: 502 });
      }),
      route("PUT", "/", () => {
        throw new TidegateError("SERVICE_ERROR", "shown", { ...details, status: 502, exposed: true });
      }),
    ]);
    const expected = { code: "PLAYER_RETIRED", data: { since: 2020 } };
    expect(await problem(await fetch(url))).toMatchObject({ ...expected, status: 409, detail: "retired" });
    const hidden = await problem(await fetch(url, { method: "POST" }));
    expect(hidden).toMatchObject({ status: 502, code: "SERVICE_ERROR" });
    expect(hidden).not.toHaveProperty("data");
    expect(hidden.detail).toBe(errorCodes.SERVICE_ERROR.title);
    expect(await problem(await fetch(url, { method: "PUT" }))).toMatchObject({
      ...expected,
      detail: "shown",
    });
  });

  test("exposeErrors sends the messages of internal errors", async () => {
    const { url } = await start([throwing(new Error("internal"))], { exposeErrors: true });
    expect(await problem(await fetch(url))).toMatchObject({ detail: "internal" });
  });

  test("Retry-After and WWW-Authenticate are sent", async () => {
    const { url } = await start([
      throwing(new TidegateError("ACTION_UNAVAILABLE", undefined, { retryAfter: 1.2 })),
      route("POST", "/", () => {
        throw new TidegateError("UNAUTHENTICATED");
      }),
    ]);
    expect((await fetch(url)).headers.get("retry-after")).toBe("2");
    expect((await fetch(url, { method: "POST" })).headers.get("www-authenticate")).toBe("Bearer");
  });

  test("an error whose data or headers cannot be sent still becomes a problem document", async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const { url } = await start([
      throwing(new TidegateError("BAD_REQUEST", "x", { data: cycle })),
      route("POST", "/", () => {
        throw new TidegateError("BAD_REQUEST", "x", { headers: [["a b", "\r\n"]] });
      }),
    ]);
    expect(await problem(await fetch(url))).toMatchObject({ code: "BAD_REQUEST" });
    expect(await problem(await fetch(url, { method: "POST" }))).toMatchObject({ code: "INTERNAL" });
  });

  test("a successful reply has the request id too, as the context has it (S12.7)", async () => {
    const { url } = await start([
      route("GET", "/", () => json(1)),
      route("GET", "/id", (_request, scope) => json(scope.context.get("id"))),
    ]);
    expect((await fetch(url)).headers.get("x-request-id")).toMatch(/^[\da-f]{32}$/);
    const asked = await fetch(`${url}/id`);
    expect(asked.headers.get("x-request-id")).toBe(await asked.json());
  });
});
