import { once } from "node:events";
import { connect } from "node:net";
import { defineMiddleware, type Middleware } from "@tidegate/core-registry";
import { manualClock } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { json, route, start } from "./fixture.ts";
import { dial, echo, received, refusal, socketRoute, upgradeHead } from "./socket-fixture.ts";

const chat = socketRoute("/chat", echo, {
  accept: () => ({ accept: true, headers: [["x-route", "1"]] }),
});

/** Records what it sees, and adds a header to every reply. */
function tracer(log: string[]): Middleware {
  return defineMiddleware({
    name: "tracer",
    request: ({ request, isUpgrade }) => void log.push(`request ${request.path} ${isUpgrade}`),
    error: (error) => void log.push(`error ${error.code}`),
    reply(reply) {
      log.push(`reply ${reply.status}`);
      return { ...reply, headers: [...reply.headers, ["X-Middleware", "1"]] };
    },
  });
}

async function headersOf101(url: string): Promise<Record<string, unknown>> {
  const client = new WebSocket(url.replace("http", "ws"));
  const [response] = await once(client, "upgrade");
  client.terminate();
  return response.headers;
}

describe("S12.2 upgrades and middleware", () => {
  test("an accepted upgrade is a request, and a reply of status 101 with added headers", async () => {
    const log: string[] = [];
    const fixture = await start([chat], { middleware: [tracer(log)] });
    const headers = await headersOf101(`${fixture.url}/chat`);
    expect(headers).toMatchObject({ "x-route": "1", "x-middleware": "1" });
    expect(log).toEqual(["request /chat true", "reply 101"]);
  });

  test("the socket works as without middleware", async () => {
    const fixture = await start([chat], { middleware: [tracer([])] });
    const client = await dial(fixture, "/chat");
    client.send("hello");
    expect(await received(client, 1)).toEqual(["hello"]);
  });

  test("a request hook can refuse an upgrade; the route is not asked", async () => {
    const log: string[] = [];
    const closed = defineMiddleware({ name: "closed", request: () => json("closed", 403) });
    const accept = () => expect.unreachable();
    const fixture = await start([socketRoute("/chat", echo, { accept })], {
      middleware: [tracer(log), closed],
    });
    const refused = await refusal(fixture, "/chat");
    expect([refused.status, refused.body, refused.headers["x-middleware"]]).toEqual([403, '"closed"', "1"]);
    expect(log).toEqual(["request /chat true", "reply 403"]);
  });

  test("a reply hook can still refuse it: the socket does not open, and the scope ends", async () => {
    const ended = Promise.withResolvers<void>();
    const closed = defineMiddleware({ name: "closed", reply: () => json("full", 503) });
    const route = socketRoute("/chat", () => expect.unreachable(), {
      accept(_request, scope) {
        scope.context.get("opened");
        return { accept: true };
      },
    });
    const fixture = await start([route], {
      middleware: [closed],
      contexts: [{ contract: 2, name: "opened", create: () => 1, close: () => ended.resolve() }],
    });
    expect(await refusal(fixture, "/chat")).toMatchObject({ status: 503, body: '"full"' });
    await ended.promise;
  });

  test.each([
    ["no route", "/none", [], 404, "NOT_FOUND"],
    ["a malformed path", "/%zz", [], 400, "BAD_REQUEST"],
    ["a handshake of another version", "/chat", ["sec-websocket-version: 8"], 426, "BAD_REQUEST"],
    ["a page of another origin", "/chat", ["origin: https://evil.example"], 403, "FORBIDDEN"],
  ] as const)("%s: middleware sees the refusal", async (_what, path, headers, status, code) => {
    const log: string[] = [];
    const fixture = await start([chat], { middleware: [tracer(log)] });
    const socket = connect(fixture.listening.port, fixture.listening.host).setEncoding("utf8");
    const names = headers.map((header) => header.split(":", 1)[0] ?? "");
    const lines = upgradeHead(path)
      .split("\r\n")
      .filter((line) => !names.some((name) => line.startsWith(name)));
    socket.write([...lines.slice(0, -2), ...headers, "", ""].join("\r\n"));
    expect(String(await once(socket, "data"))).toMatch(
      new RegExp(`^HTTP/1.1 ${status} [^]*x-middleware: 1\r\n`),
    );
    expect(log.slice(1)).toEqual([`error ${code}`, `reply ${status}`]);
    socket.destroy();
  });

  test.each([
    ["request", "a text"],
    ["reply", { status: 101, headers: [["x-a", "1\r\nx-b: 2"]], body: null }],
    ["reply", undefined],
  ])("S17: a broken %s hook refuses the upgrade with 500 (%#)", async (hook, value) => {
    const middleware = { name: "broken", [hook]: () => value } as Omit<Middleware, "contract">;
    const fixture = await start([chat], { middleware: [defineMiddleware(middleware)] });
    const refused = await refusal(fixture, "/chat");
    expect([refused.status, refused.headers["x-b"]]).toEqual([500, undefined]);
    expect(fixture.log[0]).toContain(`The middleware 'broken' failed in '${hook}'`);
  });

  test("a hook cannot accept an upgrade by itself", async () => {
    const middleware = { name: "broken", request: () => ({ status: 101, headers: [], body: null }) };
    const fixture = await start([chat], { middleware: [defineMiddleware(middleware)] });
    expect((await refusal(fixture, "/chat")).status).toBe(500);
  });

  test("when the connection breaks while a hook waits, the wait ends, and reply hooks see 499", async () => {
    const clock = manualClock();
    const called = Promise.withResolvers<void>();
    const seen = Promise.withResolvers<number>();
    const middleware = defineMiddleware({
      name: "waiting",
      request() {
        called.resolve();
        return new Promise(() => undefined);
      },
      reply(reply) {
        seen.resolve(reply.status);
        return reply;
      },
    });
    const fixture = await start([chat], { middleware: [middleware], clock });
    const socket = connect(fixture.listening.port, fixture.listening.host);
    socket.write(upgradeHead("/chat"));
    await called.promise;
    socket.resetAndDestroy();
    expect(await seen.promise).toBe(499);
    expect(fixture.log).toEqual([]);
  });

  test("context values that a hook read belong to the socket", async () => {
    const events: string[] = [];
    const closed = Promise.withResolvers<void>();
    const reader = defineMiddleware({ name: "reader", request: ({ context }) => void context.get("early") });
    const open = socketRoute("/chat", async (socket, scope) => {
      for await (const _ of socket.messages) await socket.send(String(scope.context.get("early")));
    });
    const fixture = await start([open, route("GET", "/", () => json(1))], {
      middleware: [reader],
      contexts: [
        {
          contract: 2,
          name: "early",
          create: () => events.push("create"),
          close() {
            events.push("close");
            closed.resolve();
          },
        },
      ],
    });
    const client = await dial(fixture, "/chat");
    client.send("?");
    expect(await received(client, 1)).toEqual(["1"]);
    expect(events).toEqual(["create"]);
    client.close();
    await closed.promise;
    expect(events).toEqual(["create", "close"]);
  });
});
