import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { callScope } from "@tidegate/plugin-testkit";
import { ServiceBroker } from "moleculer";
import { describe, expect, onTestFinished, type TestContext, test } from "vitest";
import { moleculer } from "../src/index.ts";
import { refreshPeers } from "../src/patches/early-discovery.ts";
import { createBus } from "./support/bus.ts";
import { findProgram, startServer } from "./support/message-server.ts";
import { startServiceProcess } from "./support/service-process.ts";
import { endOf, streamOf } from "./support/stream-nodes.ts";
import { testOptions } from "./support/system.ts";
import { patientOptions, type Transport, tcp, transports } from "./support/transports.ts";

const mebibyte = 1_024 * 1_024;
const textOf = (length: number) => ({ text: "x".repeat(length) });
const repeat = ({ params }: { params: { length: number } }) => textOf(params.length);
const lengthOf = ({ params }: { params: { text: string } }) => ({ length: params.text.length });
const other = {
  name: "other",
  actions: { repeat, length: lengthOf },
  events: { "other.changed": () => undefined },
};

/** A gateway, a service in a process of its own, and a second node with the preset. */
async function start(context: TestContext, transport: Transport) {
  const network = await transport.open(context, ["gateway", "service", "other"]);
  const optionsOf = patientOptions(network);
  const service = await startServiceProcess(optionsOf("service"), true);
  const bus = createBus(optionsOf);
  await bus.node("other", [other]);
  const { broker, log, moleculerBroker } = await bus.gateway();
  refreshPeers(moleculerBroker());
  for (const name of ["size@service", "other@other"])
    await log.waitFor((line) => line === `up ${name}`, 60_000);
  const call = (action: string, params: unknown = {}) =>
    broker.call(callScope(), { action: `size.${action}`, params, timeout: 60_000 });
  return { service, call, log };
}

describe.each(transports)("messages between services on $name (S13.1)", (transport) => {
  test("nested calls carry up to 16 MiB; a larger one is the fault of the service", {
    timeout: 180_000,
  }, async (context) => {
    const { service, call } = await start(context, transport);
    await expect.poll(() => call("nestedParams", { length: 1 }).catch(() => null)).toEqual({ length: 1 });
    expect(await call("nestedParams", { length: 5 * mebibyte })).toEqual({ length: 5 * mebibyte });
    const answer = await call("nestedAnswer", { length: 5 * mebibyte });
    expect(Object(answer).text).toHaveLength(5 * mebibyte);
    await expect(call("nestedParams", { length: 20 * mebibyte })).rejects.toMatchObject({ status: 500 });
    await expect(call("nestedAnswer", { length: 20 * mebibyte })).rejects.toMatchObject({ status: 500 });
    expect(service.exitCode()).toBeNull();
  });

  test("an event of 5 MiB reaches the gateway; one that cannot be sent ends nothing", async (context) => {
    const { service, call, log } = await start(context, transport);
    expect(await call("emit", { length: 5 * mebibyte })).toBe("sent");
    await log.waitFor((line) => line === "event size.sent", 60_000);
    expect(await call("emit", { length: 20 * mebibyte })).toBe("sent");
    expect(await call("length", textOf(3))).toEqual({ length: 3 });
    expect(service.exitCode()).toBeNull();
  });

  test("a stream with an object that cannot be sent ends with an error", async (context) => {
    const { service, call } = await start(context, transport);
    for (const action of ["objects", "largeObjects"]) {
      const stream = await streamOf(call(action));
      const ended = endOf(stream);
      const received: unknown[] = [];
      stream.on("data", (item) => received.push(item));
      expect({ action, ended: String(await ended), received }).toMatchObject({
        ended: expect.stringContaining("Error"),
      });
      expect(received.length).toBeLessThanOrEqual(1);
    }
    expect(service.exitCode()).toBeNull();
  });

  test("a stream of objects that are Buffers carries Buffers of any size", async (context) => {
    const { call } = await start(context, transport);
    let received = 0;
    for await (const chunk of await streamOf(call("buffers", { length: 3 * mebibyte }))) {
      expect(Buffer.isBuffer(chunk)).toBe(true);
      received += chunk.length;
    }
    expect(received).toBe(3 * mebibyte);
  });

  test("bytes in params are bytes for the action (S4.5)", async (context) => {
    const { call } = await start(context, transport);
    for (const data of [Buffer.from("abc"), new Uint8Array([97, 98, 99])])
      expect(await call("kind", { data })).toBe("Buffer YWJj");
    expect(await call("kind", { data: { type: "Buffer", data: "abc" } })).toBe("object");
  });

  test("many large messages at once arrive completely", { timeout: 180_000 }, async (context) => {
    const { call } = await start(context, transport);
    const lengths = Array.from({ length: 12 }, (_, index) => 2 * mebibyte + index);
    const answers = await Promise.all(lengths.map((length) => call("repeat", { length })));
    expect(answers.map((answer) => Object(answer).text.length)).toEqual(lengths);
    const counted = await Promise.all(lengths.map((length) => call("length", textOf(length))));
    expect(counted).toEqual(lengths.map((length) => ({ length })));
  });
});

/** A NATS server that accepts packets of at most 64 KB. */
const smallNats: Transport = {
  name: "NATS with a small max_payload",
  open: async (context) => {
    const path = findProgram("nats-server");
    if (path === undefined) {
      expect(process.env.CI, "nats-server is not installed").toBeFalsy();
      return context.skip("nats-server is not installed");
    }
    const server = await startServer(path, (port, folder) => {
      const file = join(folder, "nats.conf");
      writeFileSync(file, "max_payload: 65536\n");
      return ["--addr", "127.0.0.1", "--port", String(port), "--config", file];
    });
    onTestFinished(() => server.stop());
    const url = `nats://127.0.0.1:${server.port}`;
    return {
      optionsOf: (nodeID) => ({ ...testOptions, nodeID, transporter: { type: "NATS", options: { url } } }),
    };
  },
};

describe("limits of the transporter and of options (S13.1)", () => {
  test("the limit of the NATS server holds for messages, streams and errors", async (context) => {
    const { call, service } = await start(context, smallNats);
    expect(await call("length", textOf(mebibyte))).toEqual({ length: mebibyte });
    expect(Object(await call("repeat", { length: mebibyte })).text).toHaveLength(mebibyte);
    let received = 0;
    for await (const chunk of await streamOf(call("stream", { length: mebibyte }))) received += chunk.length;
    expect(received).toBe(mebibyte);
    await expect(call("failLargeMessage")).rejects.toMatchObject({ status: 422 });
    await expect(call("number", { n: "x".repeat(60_000) })).rejects.toMatchObject({ status: 422 });
    expect(service.exitCode()).toBeNull();
  });

  test("`maxMessageBytes` is the smaller one of the two sides", async (context) => {
    const network = await tcp.open(context, ["gateway", "n1"]);
    const optionsOf = patientOptions(network);
    const bus = createBus(optionsOf);
    const options = { maxMessageBytes: 3 * mebibyte };
    await bus.node("n1", [other], options);
    const { broker, log } = await bus.gateway();
    await log.waitFor((line) => line === "up other@n1", 60_000);
    const call = (action: string, params: unknown) =>
      broker.call(callScope(), { action: `other.${action}`, params });
    expect(await call("length", textOf(2 * mebibyte))).toEqual({ length: 2 * mebibyte });
    const tooLarge = { code: "MESSAGE_TOO_LARGE" };
    await expect(call("length", textOf(4 * mebibyte))).rejects.toMatchObject({ ...tooLarge, status: 413 });
    await expect(call("repeat", { length: 4 * mebibyte })).rejects.toMatchObject({
      ...tooLarge,
      status: 500,
    });
  });

  test("a gateway inside an existing broker without the preset is checked too", async (context) => {
    const network = await tcp.open(context, ["gateway", "n1"]);
    const optionsOf = patientOptions(network);
    const bus = createBus(optionsOf);
    await bus.node("n1", [other]);
    const existing = new ServiceBroker(optionsOf("gateway"));
    onTestFinished(() => existing.stop());
    const broker = moleculer({ broker: existing });
    const started = broker.start({
      serviceUp: () => undefined,
      serviceDown: () => undefined,
      event: () => undefined,
    });
    await existing.start();
    await started;
    await existing.waitForServices("other");
    const call = (length: number) =>
      broker.call(callScope(), { action: "other.length", params: textOf(length) });
    expect(await call(900_000)).toEqual({ length: 900_000 });
    const refused = {
      code: "MESSAGE_TOO_LARGE",
      status: 413,
      message: expect.stringContaining("the limit is 983034"),
    };
    await expect(call(2 * mebibyte)).rejects.toMatchObject(refused);
    const event = { event: "other.changed", params: textOf(2 * mebibyte), broadcast: true };
    await expect(broker.publish?.(callScope(), event)).rejects.toMatchObject(refused);
    expect(await call(1)).toEqual({ length: 1 });
    await broker.stop();
  });

  test("a large answer is sent completely by a node that stops", async (context) => {
    const network = await tcp.open(context, ["gateway", "n1"]);
    const optionsOf = patientOptions(network);
    const bus = createBus(optionsOf);
    const called = Promise.withResolvers<void>();
    const node = await bus.node("n1", [
      {
        name: "slow",
        actions: {
          get: () => {
            called.resolve();
            return textOf(15 * mebibyte);
          },
        },
      },
    ]);
    const { broker, log } = await bus.gateway();
    await log.waitFor((line) => line === "up slow@n1", 60_000);
    const answer = broker.call(callScope(), { action: "slow.get", params: {} });
    await called.promise;
    await node.stop();
    expect(Object(await answer).text).toHaveLength(15 * mebibyte);
  });

  test("a call fails at once if its node is killed while its params are sent", async (context) => {
    const network = await tcp.open(context, ["gateway", "service"]);
    const optionsOf = patientOptions(network);
    const service = await startServiceProcess(optionsOf("service"), true);
    const { broker, log } = await createBus(optionsOf).gateway();
    await log.waitFor((line) => line === "up size@service", 60_000);
    const calls = Array.from({ length: 4 }, () =>
      broker.call(callScope(), { action: "size.length", params: textOf(15 * mebibyte), timeout: 60_000 }),
    );
    service.kill();
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ code: "ACTION_UNAVAILABLE", status: 503 });
  });

  test("a stream of a call with an object that cannot be sent ends with an error", async (context) => {
    const network = await tcp.open(context, ["gateway", "n1"]);
    const optionsOf = patientOptions(network);
    const bus = createBus(optionsOf);
    await bus.node("n1", [
      {
        name: "reader",
        actions: {
          read: async ({ stream }) => {
            if (!(stream instanceof Readable)) throw new Error("There is no stream.");
            const error = await endOf(stream.resume());
            return error === undefined ? "complete" : "failed";
          },
        },
      },
    ]);
    const { broker, log } = await bus.gateway();
    await log.waitFor((line) => line === "up reader@n1", 60_000);
    const stream = Readable.from([{ a: 1 }, { b: 5n }]);
    const answer = broker.call(callScope(), { action: "reader.read", params: {}, stream });
    expect(await answer).toBe("failed");
  });
});
