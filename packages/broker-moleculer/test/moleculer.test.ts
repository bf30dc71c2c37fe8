import { Readable } from "node:stream";
import type { Broker, BrokerSink, TraceEvent } from "@tidegate/core-registry";
import { createCorrelation } from "@tidegate/core-registry/runtime";
import { callScope, recorder } from "@tidegate/plugin-testkit";
import { type Context, Errors, ServiceBroker, type ServiceSchema } from "moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { type MoleculerOptions, moleculer } from "../src/index.ts";
import { freePorts, gatewayId, tcpOptions, testOptions } from "./support/system.ts";

type Transporter = NonNullable<MoleculerOptions["transporter"]>;

const createSink = () => {
  const lines = recorder<string>("call of the sink");
  const sink: BrokerSink = {
    serviceUp: ({ name }, { id }) => lines.push(`up ${name}@${id}`),
    serviceDown: (name, id, how) => lines.push(`down ${name}@${id} ${how}`),
    event: ({ event }) => lines.push(`event ${event}`),
  };
  return { lines, sink };
};

/** A gateway and the given nodes over TCP. The nodes use neither the preset nor the mixin. */
async function gatewayWith(
  nodes: Readonly<Record<string, readonly ServiceSchema[]>>,
  options: MoleculerOptions = {},
) {
  const names = [gatewayId, ...Object.keys(nodes)];
  const found = await freePorts(names.length);
  const ports = new Map(names.map((name, index) => [name, found[index] ?? 0]));
  const brokers = new Map<string, ServiceBroker>();
  for (const [id, services] of Object.entries(nodes)) {
    const node = new ServiceBroker(tcpOptions(id, ports));
    brokers.set(id, node);
    for (const service of services) node.createService(service);
  }
  await Promise.all([...brokers.values()].map((node) => node.start()));
  const broker = moleculer({ ...tcpOptions(gatewayId, ports), ...options });
  const { lines, sink } = createSink();
  await broker.start(sink);
  onTestFinished(async () => {
    await broker.stop();
    await Promise.all([...brokers.values()].map((node) => node.stop()));
  });
  return { broker, lines, brokers };
}

const call = (broker: Broker, action: string, params: unknown = {}) =>
  broker.call(callScope(), { action, params });

describe("moleculer()", () => {
  test("serves services without the mixin, and reports that their node left (S13.1)", async () => {
    const { broker, lines, brokers } = await gatewayWith({
      n1: [{ name: "plain", version: 2, actions: { get: (context: Context) => context.meta } }],
    });
    expect(lines.items).toEqual(["up v2.plain@n1"]);
    expect(await call(broker, "v2.plain.get")).toMatchObject({ branch: "master" });
    await brokers.get("n1")?.stop();
    await lines.waitFor((line) => line === "down v2.plain@n1 left");
  });

  test.for([
    {
      name: "NATS",
      transporterOn: (port: number): Transporter => ({
        type: "NATS",
        options: { url: `nats://127.0.0.1:${port}` },
      }),
    },
    {
      name: "Redis",
      transporterOn: (port: number): Transporter => ({ type: "Redis", options: { host: "127.0.0.1", port } }),
    },
  ])("says why it is not connected: no $name server (S12.6)", async ({ transporterOn }) => {
    const [port = 0] = await freePorts(1);
    const broker = moleculer({ ...testOptions, nodeID: gatewayId, transporter: transporterOn(port) });
    const started = broker.start(createSink().sink).catch((error: unknown) => error);
    await expect.poll(() => broker.health?.().reason, { timeout: 10_000 }).toMatch(/: .*REFUSED/);
    expect(broker.health?.().state).toBe("connecting");
    await broker.stop();
    expect(await started).toMatchObject({ code: "BROKER_UNAVAILABLE" });
  });

  test("passes on the request's id, and traces the node of a call (S12.3)", async () => {
    const { broker } = await gatewayWith({
      n1: [{ name: "who", actions: { requirements: (context: Context) => context.requestID } }],
    });
    const events: TraceEvent[] = [];
    const scope = callScope({
      correlation: createCorrelation({
        header: (name) => (name === "x-request-id" ? "request-7" : undefined),
      }),
      trace: (event) => void events.push(event),
    });
    expect(await broker.call(scope, { action: "who.requirements", params: {} })).toBe("request-7");
    await expect(broker.call(scope, { action: "who.not", params: {} })).rejects.toThrow();
    expect(events).toMatchObject([
      { at: "call", action: "who.requirements", node: "n1" },
      { at: "call", action: "who.not", error: "ACTION_UNAVAILABLE" },
    ]);
  });

  test("a call that a node did not start goes to another one of the allowed nodes (S9.7)", async () => {
    const stopping = (context: Context) => {
      throw new Errors.ServiceNotAvailableError({ action: "where.am", nodeID: context.broker.nodeID });
    };
    const { broker } = await gatewayWith({
      n1: [{ name: "where", actions: { am: stopping } }],
      n2: [{ name: "where", actions: { am: (context: Context) => context.broker.nodeID } }],
    });
    for (let index = 0; index < 4; index++) {
      expect(await call(broker, "where.am")).toBe("n2");
      const request = { action: "where.am", params: {}, nodes: ["n1"] };
      await expect(broker.call(callScope(), request)).rejects.toMatchObject({
        code: "ACTION_UNAVAILABLE",
        details: { dispatched: false },
      });
    }
  });

  test("an unavailable nested action is a dependency that is missing (S12.5)", async () => {
    const { broker } = await gatewayWith({
      n1: [{ name: "outer", actions: { get: (context: Context) => context.call("inner.get") } }],
    });
    await expect(call(broker, "outer.get")).rejects.toMatchObject({
      code: "DEPENDENCY_UNAVAILABLE",
      status: 503,
      details: { action: "outer.get", dispatched: true },
    });
  });

  test("params that an action rejects are 422 with the reasons (S12.5)", async () => {
    const { broker } = await gatewayWith({
      n1: [{ name: "strict", actions: { get: { params: { id: "number" }, handler: () => 1 } } }],
    });
    await expect(call(broker, "strict.get", { id: "x" })).rejects.toMatchObject({
      code: "SERVICE_ERROR",
      status: 422,
      details: { serviceCode: "VALIDATION_ERROR", data: [{ field: "id" }] },
    });
  });

  test("`$status` and `$headers` of a remote stream are properties of the stream (S4.4)", async () => {
    const { broker } = await gatewayWith({
      n1: [
        {
          name: "file",
          actions: {
            get: (context: Context<unknown, Record<string, unknown>>) => {
              context.meta.$status = 201;
              context.meta.$headers = { "content-type": "text/plain" };
              return Readable.from([Buffer.from("x")], { objectMode: false });
            },
          },
        },
      ],
    });
    const stream = await call(broker, "file.get");
    expect(stream).toBeInstanceOf(Readable);
    expect(stream).toMatchObject({ $status: 201, $headers: { "content-type": "text/plain" } });
    if (stream instanceof Readable) stream.destroy();
  });

  test("a remote stream that exceeds `maxBufferedBytes` is cut with an error (S8)", async () => {
    const endless = () => {
      let left = 200;
      return new Readable({
        read() {
          this.push(left-- > 0 ? Buffer.alloc(64 * 1_024) : null);
        },
      });
    };
    const { broker } = await gatewayWith(
      { n1: [{ name: "file", actions: { get: endless } }] },
      { maxBufferedBytes: 1_024 * 1_024 },
    );
    const stream = await call(broker, "file.get");
    const cut = await new Promise((resolve) => stream instanceof Readable && stream.once("error", resolve));
    expect(cut).toMatchObject({
      code: "SERVICE_ERROR",
      message: expect.stringContaining("ahead of its reader"),
    });
  });

  test("works inside an existing broker, and leaves it running (S13.1)", async () => {
    const existing = new ServiceBroker(testOptions);
    existing.createService({ name: "own", actions: { get: () => "here" } });
    onTestFinished(() => existing.stop());
    const broker = moleculer({ broker: existing });
    const { lines, sink } = createSink();
    const ready = broker.start(sink);
    await existing.start();
    await ready;
    expect(lines.items).toEqual([`up own@${existing.nodeID}`]);
    expect(await call(broker, "own.get")).toBe("here");
    await existing.emit("own.event", 1);
    expect(lines.items).toContain("event own.event");
    await broker.stop();
    expect(await existing.call("own.get")).toBe("here");
    expect(existing.services.map(({ name }) => name)).not.toContain("$tidegate");
  });

  test("runs the services of its options on its own node, and can be restarted", async () => {
    const broker = moleculer({
      ...testOptions,
      nodeID: "alone",
      transporter: null,
      services: [{ name: "local", actions: { get: () => 1 } }],
    });
    for (let round = 0; round < 2; round++) {
      const { lines, sink } = createSink();
      await broker.start(sink);
      expect(lines.items).toEqual(["up local@alone"]);
      expect(await call(broker, "local.get")).toBe(1);
      await broker.stop();
    }
  });

  test("options that Moleculer rejects throw, and do not end the process", async () => {
    const broker = moleculer({ ...testOptions, serializer: "Nope" as "JSON" });
    await expect(broker.start(createSink().sink)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await broker.stop();
  });

  test("a broker that has never connected reports that, fails calls, and can be stopped", async () => {
    const [port = 0] = await freePorts(1);
    const url = `nats://127.0.0.1:${port}`;
    const broker = moleculer({ ...testOptions, transporter: { type: "NATS", options: { url } } });
    const failed = expect(broker.start(createSink().sink)).rejects.toMatchObject({
      code: "BROKER_UNAVAILABLE",
    });
    expect(broker.health?.().state).toBe("connecting");
    await expect(call(broker, "any.thing")).rejects.toMatchObject({ details: { dispatched: false } });
    await broker.stop();
    await failed;
  });
});
