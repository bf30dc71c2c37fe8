import { once } from "node:events";
import { type Json, silentLogger } from "@tidegate/core-registry";
import { createGateway } from "@tidegate/core-registry/gateway";
import { manualClock, memoryBroker, recorder, type TestHandler } from "@tidegate/plugin-testkit";
import { sandbox } from "@tidegate/sandbox";
import { h3Server } from "@tidegate/server-h3";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { ticker } from "../src/index.ts";

const route = { path: "/:symbol", call: "stock.price", seconds: 5 };

/** Starts a gateway with one service. The test moves the clock of the protocol. */
async function start(price: TestHandler, routes: readonly Json[] = [route]) {
  const clock = manualClock();
  const bus = memoryBroker();
  const gateway = createGateway({
    brokers: [bus.broker],
    protocols: [ticker({ clock })],
    policies: [],
    sandbox: sandbox(),
    server: h3Server({ port: 0, webSocket: { retireSeconds: 0 } }),
    logger: silentLogger,
  });
  onTestFinished(() => gateway.stop());
  const publish = async (next: readonly Json[], revision: number): Promise<void> => {
    const params = { type: "object", properties: { symbol: { type: "string" } } };
    bus.node("n1").publish({
      name: "stock",
      revision,
      actions: { price: { params, handler: price } },
      fragment: { protocol: { Ticker: { basePath: "/prices", routes: next } } },
    });
    await gateway.registry.settled();
  };
  const [listening] = await gateway.start();
  await publish(routes, 1);
  /** Opens a socket, and records its messages. */
  const open = (path: string) => {
    const socket = new WebSocket(`${listening?.url.replace("http", "ws")}${path}`);
    onTestFinished(() => socket.terminate());
    const messages = recorder<string>("message");
    // A refused upgrade is no failure of the test.
    socket.on("error", () => undefined);
    socket.on("message", (data) => messages.push(String(data)));
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    return { socket, messages, closed };
  };
  /** Moves the clock by a period, as soon as a socket waits for it. */
  const tick = async (): Promise<void> => {
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(5_000);
  };
  return { bus, clock, gateway, publish, open, tick };
}

test("S17: a socket receives the result when it opens, and after each period", async () => {
  let price = 10;
  const { open, tick } = await start(({ params }) => ({ symbol: params.symbol, price: price++ }));
  const { messages } = open("/prices/acme");
  await messages.waitFor((text) => text === '{"symbol":"acme","price":10}');
  await tick();
  await messages.waitFor((text) => text === '{"symbol":"acme","price":11}');
  await tick();
  await messages.waitFor((text) => text === '{"symbol":"acme","price":12}');
  expect(messages.items).toHaveLength(3);
});

test("S12.5: a failed call is sent without internal details, and the socket goes on", async () => {
  let calls = 0;
  const { open, tick } = await start(() => {
    calls += 1;
    if (calls === 2) throw new Error("The password is 1234.");
    return calls;
  });
  const { messages } = open("/prices/acme");
  await messages.waitFor((text) => text === "1");
  await tick();
  const failed = await messages.waitFor((text) => text.startsWith("{"));
  expect(JSON.parse(failed)).toEqual({
    error: { code: "SERVICE_ERROR", message: "The service returned an error." },
  });
  await tick();
  await messages.waitFor((text) => text === "3");
});

test("S6.3: where the first call fails, the client gets an HTTP error and no socket", async () => {
  const { open } = await start(() => Promise.reject(Object.assign(new Error("Gone."), { code: 410 })));
  const { socket } = open("/prices/acme");
  const [, response] = await once(socket, "unexpected-response");
  expect(response.statusCode).toBe(410);
});

test("S17: a slow action gets one call at a time", async () => {
  const answers: ((value: number) => void)[] = [];
  const { bus, clock, open, tick } = await start(() =>
    answers.length === 0 ? answers.push(() => undefined) : new Promise((resolve) => answers.push(resolve)),
  );
  const { messages } = open("/prices/acme");
  await messages.waitFor((text) => text === "1");
  await tick();
  await expect.poll(() => answers.length).toBe(2);
  clock.advance(60_000);
  expect(bus.count("stock.price")).toBe(2);
  answers[1]?.(2);
  await messages.waitFor((text) => text === "2");
});

test("S17: after the client has left, no timer and no call remains", async () => {
  const { bus, clock, open } = await start(() => 1);
  const { socket, messages, closed } = open("/prices/acme");
  await messages.waitFor(() => true);
  await expect.poll(() => clock.pending).toBe(1);
  socket.close();
  await closed;
  await expect.poll(() => clock.pending).toBe(0);
  clock.advance(60_000);
  expect(bus.count("stock.price")).toBe(1);
});

test("S17: a message of the client closes the socket with 1008", async () => {
  const { clock, open } = await start(() => 1);
  const { socket, messages, closed } = open("/prices/acme");
  await messages.waitFor(() => true);
  socket.send("hello");
  expect(await closed).toBe(1008);
  await expect.poll(() => clock.pending).toBe(0);
});

test("S6.4: a changed period or a removed route closes its sockets with 1012; others go on", async () => {
  const other = { path: "/all/:symbol", call: "stock.price", seconds: 5 };
  const { clock, open, publish, tick } = await start(() => 1, [route, other]);
  const changed = open("/prices/acme");
  await changed.messages.waitFor(() => true);
  const kept = open("/prices/all/acme");
  await kept.messages.waitFor(() => true);
  await expect.poll(() => clock.pending).toBe(2);
  await publish([{ ...route, seconds: 9 }, other], 2);
  expect(await changed.closed).toBe(1012);
  await tick();
  await kept.messages.waitFor(() => kept.messages.items.length === 2);
  await publish([], 3);
  expect(await kept.closed).toBe(1012);
  await expect.poll(() => clock.pending).toBe(0);
});

test("S12.1: when the gateway stops, its sockets close and nothing runs any more", async () => {
  const { clock, gateway, open } = await start(() => 1);
  const { messages, closed } = open("/prices/acme");
  await messages.waitFor(() => true);
  await expect.poll(() => clock.pending).toBe(1);
  await gateway.stop();
  expect(await closed).toBe(1001);
  expect(clock.pending).toBe(0);
});

test("S17: a period below one second refuses the fragment", async () => {
  const { bus } = await start(() => 1, [{ ...route, seconds: 0.01 }]);
  const report = await bus.node("n1").waitForReport();
  expect(report).toMatchObject({
    state: "failed",
    findings: [{ jsonPath: "protocol.Ticker.routes[0].seconds" }],
  });
});
