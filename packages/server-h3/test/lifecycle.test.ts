import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect, createServer } from "node:net";
import { silentLogger } from "@tidegate/core-registry";
import { manualClock, requestScope } from "@tidegate/plugin-testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { h3Server } from "../src/index.ts";
import { defaultDrainDelaySeconds } from "../src/options.ts";
import { json, route, start } from "./fixture.ts";

/** A route that replies when `answer` is called. */
function held() {
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  return {
    arrived: arrived.promise,
    answer: answer.resolve,
    route: route("GET", "/held", async () => {
      arrived.resolve();
      await answer.promise;
      return json("finished");
    }),
  };
}

/** An agent that keeps its connections until the end of the test. */
function keepAlive(): Agent {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return agent;
}

async function ask(url: string, agent: Agent): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent }), "response")) as [IncomingMessage];
  return response.resume();
}

describe("S12.1 listening", () => {
  test("port 0 takes a free port, which start returns", async () => {
    const { listening } = await start();
    expect(listening).toEqual({
      protocol: "http",
      host: "127.0.0.1",
      port: listening.port,
      url: `http://127.0.0.1:${listening.port}`,
    });
    expect(listening.port).toBeGreaterThan(0);
  });

  test("a port in use is a clear error with its cause", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const address = other.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const { port } = address;
    const error: unknown = await start([], { port }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "CONFIG_INVALID",
      message: `Port ${port} on 127.0.0.1 is already in use. Stop the other process or choose another port.`,
      cause: { code: "EADDRINUSE" },
    });
  });

  test("an address of another machine is a clear error", async () => {
    const error: unknown = await start([], { host: "192.0.2.1" }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
  });

  test("a server can be stopped before and while it starts", async () => {
    await expect(h3Server().stop()).resolves.toBeUndefined();
    const api = {
      find: () => ({ missing: "starting" as const }),
      pages: [],
      contexts: [],
      middleware: [],
      health: () => ({ state: "starting" as const, reasons: [] }),
      events: requestScope().events,
      onSwap: () => () => undefined,
      logger: silentLogger,
    };
    const server = h3Server({ port: 0 });
    const starting = server.start(api);
    await server.stop();
    const [listening] = await starting;
    await expect(fetch(listening?.url ?? "")).rejects.toThrow("fetch failed");
  });
});

describe("S12.1 a graceful stop", () => {
  test("running requests finish, their connections close, new connections are refused", async () => {
    const slow = held();
    const fixture = await start([slow.route]);
    const agent = keepAlive();
    const running = ask(`${fixture.url}/held`, agent);
    await slow.arrived;
    const stopping = fixture.server.stop();
    expect(fixture.server.stop()).toBe(stopping);
    await expect(fetch(`${fixture.url}/held`)).rejects.toThrow();
    slow.answer();
    const response = await running;
    expect([response.statusCode, response.headers.connection]).toEqual([200, "close"]);
    await stopping;
  });

  test("a partly received request gets its reply: readiness 503, and the connection closes", async () => {
    const fixture = await start([route("GET", "/", () => json(1))]);
    const socket = connect(fixture.listening.port, fixture.listening.host).setEncoding("utf8");
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\nGET /~health/readiness HTTP/1.1\r\nhost: ");
    // With the first reply, the server has also received the beginning of the second request.
    expect(String(await once(socket, "data"))).toContain("200 OK");
    const stopping = fixture.server.stop();
    socket.write("localhost\r\n\r\n");
    const answer = String(await once(socket, "data"));
    expect(answer).toContain("HTTP/1.1 503 Service Unavailable");
    expect(answer).toContain("connection: close");
    expect(answer).toContain('{"state":"stopping","reasons":[]}');
    await stopping;
  });

  test("for drainDelaySeconds it still accepts connections, and only readiness answers 503", async () => {
    const clock = manualClock();
    const fixture = await start([route("GET", "/", () => json(1))], { drainDelaySeconds: 5, clock });
    const stopping = fixture.server.stop();
    const readiness = await fetch(`${fixture.url}/~health/readiness`);
    expect([readiness.status, await readiness.json()]).toEqual([503, { state: "stopping", reasons: [] }]);
    expect((await fetch(`${fixture.url}/~health/liveness`)).status).toBe(200);
    const agent = keepAlive();
    const response = await ask(fixture.url, agent);
    expect([response.statusCode, response.headers.connection]).toEqual([200, "keep-alive"]);
    clock.advance(5_000);
    await stopping;
    await expect(fetch(fixture.url)).rejects.toThrow("fetch failed");
  });

  test.each([
    ["production", true, 5],
    ["development", false, 0],
    ["test", false, 0],
    ["", false, 5],
    ["", true, 0],
  ])(
    "the default of drainDelaySeconds for NODE_ENV '%s', terminal %s: %d",
    (nodeEnv, hasTerminal, seconds) => {
      expect(defaultDrainDelaySeconds(nodeEnv, hasTerminal)).toBe(seconds);
    },
  );

  test("idle connections close at once, also those that have never sent anything", async () => {
    const fixture = await start([route("GET", "/", () => json(1))]);
    const agent = keepAlive();
    await once(await ask(fixture.url, agent), "end");
    const silent = connect(fixture.listening.port, fixture.listening.host);
    await once(silent, "connect");
    const closed = once(silent, "close");
    // Once a later connection gets its reply, the server knows the silent one.
    await fetch(fixture.url);
    await fixture.server.stop();
    await closed;
  });

  test("after drainSeconds the remaining connections are closed, and no timer is left", async () => {
    const clock = manualClock();
    const slow = held();
    const fixture = await start([slow.route], { drainSeconds: 30, clock });
    const running = ask(`${fixture.url}/held`, keepAlive());
    const cut = expect(running).rejects.toThrow("socket hang up");
    await slow.arrived;
    const stopping = fixture.server.stop();
    clock.advance(29_999);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    await stopping;
    await cut;
    expect(clock.pending).toBe(0);
    expect(fixture.log).toEqual([]);
  });
});
