import { randomUUID } from "node:crypto";
import { recorder } from "@tidegate/plugin-testkit";
import { tidegate } from "@tidegate/service-moleculer";
import { type BrokerOptions, ServiceBroker } from "moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { moleculer } from "../src/index.ts";
import { createBus, type OptionsOf } from "./support/bus.ts";
import { findProgram, startServer } from "./support/message-server.ts";
import { freePorts, tcpOptions, testOptions } from "./support/system.ts";

/** Moleculer itself would announce a change after an hour, so every announcement here is the patch's. */
const noDelayedInfo: BrokerOptions = {
  transit: { serviceChangedDebounceTime: 3_600_000 } as NonNullable<BrokerOptions["transit"]>,
  heartbeatInterval: 3_600,
  heartbeatTimeout: 7_200,
};

async function overTcp(): Promise<OptionsOf> {
  const ids = ["gateway", "gateway2", "n1"];
  const found = await freePorts(ids.length);
  const ports = new Map(ids.map((id, index) => [id, found[index] ?? 0]));
  return (id) => {
    const { transporter } = tcpOptions(id, ports);
    const { type, options } = transporter as { type: "TCP"; options: object };
    return {
      ...testOptions,
      ...noDelayedInfo,
      nodeID: id,
      transporter: { type, options: { ...options, gossipPeriod: 3_600 } },
    };
  };
}

function overServer(
  program: string,
  argumentsOf: Parameters<typeof startServer>[1],
  transporter: (port: number) => NonNullable<BrokerOptions["transporter"]>,
) {
  return async (): Promise<OptionsOf> => {
    const server = await startServer(program, argumentsOf);
    onTestFinished(() => server.stop());
    const namespace = randomUUID();
    return (nodeID) => ({
      ...testOptions,
      ...noDelayedInfo,
      nodeID,
      namespace,
      transporter: transporter(server.port),
    });
  };
}

const natsServer = (port: number) => ["--addr", "127.0.0.1", "--port", String(port)];
const redisServer = (port: number, folder: string) => [
  "--bind",
  "127.0.0.1",
  "--port",
  String(port),
  "--dir",
  folder,
  "--save",
  "",
];

const transporters = [
  { name: "TCP", program: undefined, make: () => overTcp },
  {
    name: "NATS",
    program: "nats-server",
    make: (path: string) =>
      overServer(path, natsServer, (port) => ({
        type: "NATS",
        options: { url: `nats://127.0.0.1:${port}` },
      })),
  },
  {
    name: "Redis",
    program: "redis-server",
    make: (path: string) =>
      overServer(path, redisServer, (port) => ({ type: "Redis", options: { host: "127.0.0.1", port } })),
  },
];

describe("a node announces its changes to gateways at once (S9.3)", () => {
  test.for(transporters)(
    "added, changed and removed services reach all gateways over $name",
    async ({ program, make }, context) => {
      const path = program === undefined ? "" : findProgram(program);
      if (path === undefined) {
        expect(process.env.CI, `${program} is not installed`).toBeFalsy();
        return context.skip(`${program} is not installed`);
      }
      const bus = createBus(await make(path)());
      const node = await bus.node("n1", [{ name: "team" }]);
      const gateways = [await bus.gateway(), await bus.gateway()];
      for (const { log } of gateways) await log.waitFor((line) => line === "up team@n1");
      // The node can inform both gateways only when it has discovered them.
      await expect
        .poll(() => node.registry.getActionEndpoints("$tidegate.ask")?.endpoints.length, { timeout: 10_000 })
        .toBe(2);
      const all = (line: string) =>
        Promise.all(gateways.map(({ log }) => log.waitFor((sent) => sent === line)));

      node.createService({ name: "player", mixins: [tidegate({ api: {}, revision: 1 })] });
      await all("up player@n1");
      for (const { log } of gateways) log.clear();
      const service = node.createService({ name: "data", metadata: { step: 1 } });
      await all("up data@n1");
      for (const { log } of gateways) log.clear();
      service.metadata.step = 2;
      node.servicesChanged(true);
      await all("up data@n1");
      for (const { services } of gateways) expect(services.get("data@n1")?.metadata).toEqual({ step: 2 });
      await node.destroyService("player");
      await all("down player@n1 left");
    },
  );

  test("many changes in one turn are few packets, and a node without gateways sends none", async () => {
    const bus = createBus();
    const node = await bus.node("n1", [], noDelayedInfo);
    let infoPackets = 0;
    const { transit } = node;
    if (transit === undefined) throw new Error("The node has no transporter.");
    const sendNodeInfo = transit.sendNodeInfo.bind(transit);
    transit.sendNodeInfo = (info, target) => {
      if (target === "gateway") infoPackets += 1;
      return sendNodeInfo(info, target);
    };
    node.createService({ name: "alone", mixins: [tidegate()] });
    await node.waitForServices("alone");
    const { log } = await bus.gateway();
    await log.waitFor((line) => line === "up alone@n1");
    await expect.poll(() => node.registry.getActionEndpoints("$tidegate.ask")?.endpoints.length).toBe(1);
    infoPackets = 0;
    for (let index = 0; index < 100; index++) node.createService({ name: `s${index}` });
    await log.waitFor((line) => line === "up s99@n1");
    expect(infoPackets).toBeLessThan(10);
    expect(infoPackets).toBeGreaterThan(0);
  });

  test("nodes discover a gateway inside a running broker at once", async () => {
    const namespace = randomUUID();
    const optionsOf: OptionsOf = (nodeID) => ({
      ...testOptions,
      ...noDelayedInfo,
      nodeID,
      namespace,
      transporter: "Fake",
    });
    const node = await createBus(optionsOf).node("n1", []);
    const existing = new ServiceBroker(optionsOf("existing"));
    onTestFinished(() => existing.stop());
    await existing.start();
    const log = recorder<string>("call of the sink");
    const gateway = moleculer({ broker: existing });
    await gateway.start({
      serviceUp: ({ name }, { id }) => log.push(`up ${name}@${id}`),
      serviceDown: (name, id, how) => log.push(`down ${name}@${id} ${how}`),
      event: () => undefined,
    });
    await expect.poll(() => node.registry.getActionEndpoints("$tidegate.ask")?.endpoints.length).toBe(1);
    node.createService({ name: "player" });
    await log.waitFor((line) => line === "up player@n1");
    await gateway.stop();
    expect(existing.localBus.listenerCount("$node.connected")).toBe(0);
  });
});
