import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect, createServer } from "node:net";
import { silentLogger } from "@tidegate/core-registry";
import { manualClock, requestScope } from "@tidegate/plugin-testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { h3Server } from "../src/index.ts";
import { json, route, start } from "./fixture.ts";

/** A route that answers when it is told to. */
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

/** Keeps its connections; they are closed with the test. */
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
  test("port 0 is any free one, and it is told which", async () => {
    const { listening } = await start();
    expect(listening).toEqual({
      protocol: "http",
      host: "127.0.0.1",
      port: listening.port,
      url: `http://127.0.0.1:${listening.port}`,
    });
    expect(listening.port).toBeGreaterThan(0);
  });

  test("a taken port is a clear error with its cause", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const address = other.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const error: unknown = await start([], { port: address.port }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "CONFIG_INVALID",
      message: `Port ${address.port} on 127.0.0.1 is already in use. Stop the other process or choose another port.`,
      cause: { code: "EADDRINUSE" },
    });
  });

  test("an address that is not this machine's is a clear error", async () => {
    const error: unknown = await start([], { host: "192.0.2.1" }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
  });

  test("a server that never started stops, and so does one that was about to", async () => {
    await expect(h3Server().stop()).resolves.toBeUndefined();
    const api = {
      find: () => ({ missing: "starting" as const }),
      pages: [],
      contexts: [],
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
  test("what runs finishes, its connection closes with it, nobody new is let in", async () => {
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

  test("a request whose head was on its way is answered: readiness 503, and the connection closes", async () => {
    const fixture = await start([route("GET", "/", () => json(1))]);
    const socket = connect(fixture.listening.port, fixture.listening.host).setEncoding("utf8");
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\nGET /~health/readiness HTTP/1.1\r\nhost: ");
    // With the first answer the beginning of the second request has arrived too.
    expect(String(await once(socket, "data"))).toContain("200 OK");
    const stopping = fixture.server.stop();
    socket.write("localhost\r\n\r\n");
    const answer = String(await once(socket, "data"));
    expect(answer).toContain("HTTP/1.1 503 Service Unavailable");
    expect(answer).toContain("connection: close");
    expect(answer).toContain('{"state":"stopping","reasons":[]}');
    await stopping;
  });

  test("idle connections, and such as never sent anything, close at once", async () => {
    const fixture = await start([route("GET", "/", () => json(1))]);
    const agent = keepAlive();
    await once(await ask(fixture.url, agent), "end");
    const silent = connect(fixture.listening.port, fixture.listening.host);
    await once(silent, "connect");
    const closed = once(silent, "close");
    // The silent one is known to the server once a later one was answered.
    await fetch(fixture.url);
    await fixture.server.stop();
    await closed;
  });

  test("what does not finish in drainSeconds is cut, and nothing is left", async () => {
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
