import { once } from "node:events";
import { connect } from "node:net";
import { TidegateError } from "@tidegate/core-registry";
import { describe, expect, onTestFinished, test } from "vitest";
import { json, raw, route, served, start } from "./fixture.ts";
import {
  closeOf,
  dial,
  echo,
  frame,
  frames,
  received,
  refusal,
  socketRoute,
  upgradeHead,
} from "./socket-fixture.ts";

function problemOf({ body }: { readonly body: string }): Record<string, unknown> {
  return JSON.parse(body) as Record<string, unknown>;
}

describe("S9.5 an upgrade is dispatched like a request", () => {
  const greet = (word: string) =>
    socketRoute("/greet", async (socket, scope) => {
      await socket.send(`${word} ${scope.branch} ${scope.version.slice(0, 8)} ${scope.base}`);
      await socket.closed;
    });

  test("to master, a branch, a version", async () => {
    const fixture = await start(
      [],
      {},
      {
        branches: {
          master: [served("22222222", [greet("new")]), served("11111111", [greet("old")])],
          dev: [served("33333333", [greet("dev")])],
        },
      },
    );
    const greeting = async (path: string) => {
      const client = dial(fixture, path);
      return (await received(await client, 1))[0];
    };
    expect(await greeting("/greet")).toBe("new master 22222222 ");
    expect(await greeting("/greet/?x=1")).toBe("new master 22222222 ");
    expect(await greeting("/~master@11111111/greet")).toBe("old master 11111111 /~master@11111111");
    expect(await greeting("/~dev/greet")).toBe("dev dev 33333333 /~dev");
    expect(problemOf(await refusal(fixture, "/~nope/greet"))).toMatchObject({
      status: 404,
      code: "BRANCH_UNKNOWN",
    });
    expect(problemOf(await refusal(fixture, "/~dev@44444444/greet"))).toMatchObject({
      code: "VERSION_UNKNOWN",
    });
    const forwarded = { headers: { "x-forwarded-for": "10.0.0.1" } };
    expect(problemOf(await refusal(fixture, "/~dev/greet", forwarded))).toMatchObject({
      code: "BRANCH_UNKNOWN",
    });
    expect(problemOf(await refusal(fixture, "/~master@11111111/greet", forwarded))).toMatchObject({
      code: "VERSION_UNKNOWN",
    });
    expect((await dial(fixture, "/greet", forwarded)).readyState).toBe(1);
  });

  test("S4.2 with path patterns, parameters that are decoded once, and the query", async () => {
    const fixture = await start([
      socketRoute("/chat/:room/:topic?", echo, {
        accept: ({ params, query, path, method }) => json({ params, query, path, method }),
      }),
    ]);
    const answer = await refusal(fixture, "/chat/a%2Fb?x=1&x=2&y=%26");
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      { params: { room: "a/b" }, query: { x: ["1", "2"], y: "&" }, path: "/chat/a%2Fb", method: "GET" },
    ]);
    expect(JSON.parse((await refusal(fixture, "/chat/a/b")).body)).toMatchObject({
      params: { room: "a", topic: "b" },
    });
    expect((await refusal(fixture, "/chat/%zz")).status).toBe(400);
  });

  test("websocket-02 without a WebSocket route it answers 404, also for HTTP routes and pages", async () => {
    const fixture = await start([route("GET", "/http", () => json(1)), socketRoute("/ws", echo)]);
    for (const path of ["/http", "/nope", "/~status", "/~health/liveness", "/~master/~status"]) {
      const answer = await refusal(fixture, path);
      expect([path, answer.status, answer.headers["content-type"]]).toEqual([
        path,
        404,
        "application/problem+json",
      ]);
    }
    expect((await fetch(`${fixture.url}/ws`)).status).toBe(404);
  });

  test("while the gateway is starting, it answers 503 with Retry-After", async () => {
    const fixture = await start([], {}, { starting: true });
    const answer = await refusal(fixture, "/ws");
    expect([answer.status, answer.headers["retry-after"], problemOf(answer).code]).toEqual([
      503,
      "1",
      "STARTING",
    ]);
    const empty = await start([], {}, { health: { state: "starting", reasons: [] } });
    expect((await refusal(empty, "/ws")).status).toBe(503);
  });

  test("an invalid route is logged and does not affect the others", async () => {
    const fixture = await start([socketRoute("no slash :", echo), socketRoute("/ws", echo)]);
    await dial(fixture, "/ws");
    expect(fixture.log).toEqual([expect.stringContaining("Cannot serve the WebSocket route no slash :")]);
  });
});

describe("S6.3 a refused upgrade gets an HTTP reply", () => {
  test.each([
    ["BAD_USER_INPUT", 400],
    ["UNAUTHENTICATED", 401],
    ["FORBIDDEN", 403],
    ["NOT_FOUND", 404],
    ["ACTION_UNAVAILABLE", 503],
  ] as const)("%s: %i with a problem document", async (code, status) => {
    const opened: number[] = [];
    const fixture = await start([
      socketRoute("/ws", async () => void opened.push(1), {
        accept: async () => {
          throw new TidegateError(code, "Refused.");
        },
      }),
    ]);
    const answer = await refusal(fixture, "/ws", { headers: { "x-request-id": "abc" } });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({ "content-type": "application/problem+json", connection: "close" });
    expect(answer.headers["www-authenticate"]).toBe(status === 401 ? "Bearer" : undefined);
    expect(problemOf(answer)).toMatchObject({ status, code, requestId: "abc" });
    expect(opened).toEqual([]);
  });

  test("an unexpected error answers 500 with a hidden message, and is logged", async () => {
    const fixture = await start([
      socketRoute("/ws", echo, {
        accept: () => {
          throw new Error("secret");
        },
      }),
    ]);
    const answer = await refusal(fixture, "/ws");
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain("secret");
    expect(fixture.log).toEqual([expect.stringMatching(/^error: GET \/ws 500 INTERNAL/)]);
  });

  test("from the route; one that cannot be sent becomes a 500", async () => {
    const fixture = await start([
      socketRoute("/own", echo, { accept: () => ({ status: 406, headers: [["x-why", "so"]], body: "no" }) }),
      socketRoute("/bad", echo, { accept: () => ({ status: 101, headers: [], body: null }) }),
      socketRoute("/split", echo, { accept: () => ({ accept: true, headers: [["x-a", "b\r\nc: d"]] }) }),
    ]);
    const answer = await refusal(fixture, "/own");
    expect([answer.status, answer.headers["x-why"], answer.body]).toEqual([406, "so", "no"]);
    expect(problemOf(await refusal(fixture, "/bad"))).toMatchObject({ status: 500, code: "REPLY_INVALID" });
    expect(problemOf(await refusal(fixture, "/split"))).toMatchObject({ status: 500, code: "REPLY_INVALID" });
  });

  test("not when the client disconnects before; then its scope ends", async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const left = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const fixture = await start(
      [
        socketRoute("/ws", echo, {
          accept: async (_, scope) => {
            await scope.context.prepare(["probe"]);
            asked.resolve(scope.signal);
            await left.promise;
            return { accept: true };
          },
        }),
      ],
      {
        contexts: [{ contract: 2, name: "probe", create: () => 1, close: () => over.resolve() }],
      },
    );
    const socket = connect(fixture.listening.port, fixture.listening.host);
    socket.write(upgradeHead("/ws"));
    const signal = await asked.promise;
    signal.addEventListener("abort", () => left.resolve());
    socket.resetAndDestroy();
    await fixture.server.stop();
    left.resolve();
    await over.promise;
    expect(fixture.log).toEqual([]);
  });
});

describe("RFC 6455, 4.2 the handshake", () => {
  const heads: readonly (readonly [string, string, number])[] = [
    ["POST", upgradeHead("/ws").replace("GET", "POST"), 405],
    ["another version", upgradeHead("/ws").replace("version: 13", "version: 8"), 426],
    ["no key", upgradeHead("/ws").replace(/sec-websocket-key.*\r\n/, ""), 400],
    ["an invalid key", upgradeHead("/ws").replace("dGhl", "dG l"), 400],
    ["two keys", upgradeHead("/ws", ["sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="]), 400],
    ["an invalid list of subprotocols", upgradeHead("/ws", ["sec-websocket-protocol: a,,b"]), 400],
  ];
  test.each(heads)("%s", async (_what, head, status) => {
    const fixture = await start([socketRoute("/ws", echo)]);
    const answer = await raw(fixture, head);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain("application/problem+json");
    if (status === 426) expect(answer).toContain("sec-websocket-version: 13");
  });

  test("the route sets the subprotocol and the headers of the 101", async () => {
    const fixture = await start([
      socketRoute("/ws", echo, {
        accept: () => ({
          accept: true,
          protocol: "b",
          headers: [
            ["x-a", "1"],
            ["upgrade", "h2c"],
            ["sec-websocket-protocol", "evil"],
          ],
        }),
      }),
    ]);
    const client = await dial(fixture, "/ws", {}, ["a", "b"]);
    expect(client.protocol).toBe("b");
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(fixture.listening.port, fixture.listening.host);
      onTestFinished(() => void socket.destroy());
      socket.once("data", (chunk) => resolve(String(chunk)));
      socket.write(upgradeHead("/ws", ["sec-websocket-protocol: c"]));
    });
    expect(answer).toContain("x-a: 1\r\n");
    // The subprotocol is only used where the client has offered it.
    expect(answer).not.toMatch(/h2c|evil|sec-websocket-protocol/i);
  });

  test("websocket-13 compression is not negotiated", async () => {
    const fixture = await start([socketRoute("/ws", echo)]);
    expect((await dial(fixture, "/ws", { perMessageDeflate: true })).extensions).toBe("");
  });
});

describe("websocket-01 origins that can open a socket", () => {
  test.each([
    ["no origin, as from clients other than browsers", undefined, [], 101],
    ["the gateway's own host", "http://localhost:8080", [], 101],
    ["the gateway's own host behind a proxy that terminates TLS", "https://localhost:8080", [], 101],
    ["another port", "http://localhost:8081", [], 403],
    ["another host", "https://evil.example", [], 403],
    ["a page without an origin", "null", [], 403],
    ["two origins", "http://localhost:8080, https://evil.example", [], 403],
    ["a host that begins with the own one", "http://localhost:8080.evil.example", [], 403],
    ["a configured origin", "https://app.example.com", ["https://app.example.com"], 101],
    ["an origin that is not configured", "http://app.example.com", ["https://app.example.com"], 403],
    ["any origin, where configured", "https://evil.example", "any", 101],
  ] as const)("%s", async (_what, origin, origins, status) => {
    const fixture = await start([socketRoute("/ws", echo)], { webSocket: { origins } });
    const headers = { host: "localhost:8080", ...(origin === undefined ? {} : { origin }) };
    if (status === 101) await dial(fixture, "/ws", { headers });
    else
      expect(problemOf(await refusal(fixture, "/ws", { headers }))).toMatchObject({
        status,
        code: "FORBIDDEN",
      });
  });
});

test("more than maxSockets sockets: 503 until one is closed", async () => {
  const fixture = await start([socketRoute("/ws", echo)], { webSocket: { maxSockets: 2 } });
  const first = await dial(fixture, "/ws");
  await dial(fixture, "/ws");
  const answer = await refusal(fixture, "/ws");
  expect([answer.status, answer.headers["retry-after"], problemOf(answer).detail]).toEqual([
    503,
    "5",
    "Too many open WebSockets. Try again later.",
  ]);
  first.close(1000);
  expect(await closeOf(first)).toEqual([1000, ""]);
  // The server can notice the close a little later than the client.
  for (let tries = 0; ; tries += 1) {
    const client = await dial(fixture, "/ws").catch(() => undefined);
    if (client !== undefined) break;
    if (tries > 1000) throw new Error("The server did not free the closed socket.");
  }
});

test("a frame in the same packet as the head is the first message", async () => {
  const fixture = await start([socketRoute("/ws", echo)]);
  const socket = connect(fixture.listening.port, fixture.listening.host);
  onTestFinished(() => void socket.destroy());
  socket.write(Buffer.concat([Buffer.from(upgradeHead("/ws")), frame(1, "early")]));
  let answer = Buffer.alloc(0);
  while (!answer.includes("early")) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    answer = Buffer.concat([answer, chunk]);
  }
  const [first] = frames(answer.subarray(answer.indexOf("\r\n\r\n") + 4));
  expect(String(first?.payload)).toBe("early");
});
