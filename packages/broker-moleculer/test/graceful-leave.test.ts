import { randomUUID } from "node:crypto";
import { callScope, recorder } from "@tidegate/plugin-testkit";
import { preset, tidegate } from "@tidegate/service-moleculer";
import { type BrokerOptions, type Context, ServiceBroker, type ServiceSchema } from "moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { refreshPeers } from "../src/patches/early-discovery.ts";
import { createBus } from "./support/bus.ts";
import { testOptions } from "./support/system.ts";
import { knowEachOther, transporterOf, withoutGossip } from "./support/without-gossip.ts";

/** A service whose actions return the id of their node; `player.wait` waits for `release`. */
function player(log: ReturnType<typeof recorder<string>>, release: Promise<void>): ServiceSchema {
  return {
    name: "player",
    mixins: [tidegate({ api: {}, revision: 1 })],
    actions: {
      where: ({ broker }: Context) => broker.nodeID,
      wait: async ({ broker }: Context) => {
        log.push(`${broker.nodeID} runs`);
        await release;
        return broker.nodeID;
      },
    },
  };
}

function inProcess() {
  const namespace = randomUUID();
  const optionsOf = (nodeID: string): BrokerOptions => ({
    ...testOptions,
    nodeID,
    namespace,
    transporter: "Fake",
  });
  return { optionsOf, ...createBus(optionsOf) };
}

const outer: ServiceSchema = {
  name: "outer",
  actions: { where: (context: Context) => context.call("player.where") },
};

/** Two nodes with the service, one that calls it, and a gateway that has discovered them all. */
async function system(optionsOfNode: (options: BrokerOptions) => BrokerOptions = preset) {
  const optionsOf = await withoutGossip(["gateway", "n1", "n2", "n3"]);
  const log = recorder<string>("line of a service");
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  onTestFinished(() => release());
  const start = async (id: string, services: readonly ServiceSchema[], changes: BrokerOptions = {}) => {
    const node = new ServiceBroker(optionsOfNode({ ...optionsOf(id), ...changes }));
    onTestFinished(() => node.stop());
    for (const service of services) node.createService(service);
    await node.start();
    return node;
  };
  let onStopping = (): void => undefined;
  const bus = createBus(optionsOf);
  const watching = {
    // Moleculer itself sends no INFO packet after a change.
    transit: { serviceChangedDebounceTime: 3_600_000 } as NonNullable<BrokerOptions["transit"]>,
    middlewares: [{ name: "Watching", stopping: async () => onStopping() }],
  };
  const [n1, n2, n3] = await Promise.all([
    start("n1", [player(log, released)], watching),
    start("n2", [player(log, released)]),
    start("n3", [outer]),
  ]);
  const { broker, log: gatewayLog, moleculerBroker: gatewayBroker } = await bus.gateway();
  for (const line of ["up player@n1", "up player@n2", "up outer@n3"])
    await gatewayLog.waitFor((sent) => sent === line);
  await knowEachOther([n1, n2, n3, gatewayBroker()], ["player.where", "outer.where"]);
  return {
    n1,
    n2,
    n3,
    log,
    gatewayLog,
    gatewayBroker,
    release,
    /** Calls an action through the gateway. */
    call: (action: string, nodes: readonly string[] = ["n1", "n2"]) =>
      broker.call(callScope(), { action, params: {}, nodes: [...nodes] }),
    /** Sets what happens when the first node starts to stop its services. */
    whenStopping: (then: () => void) => {
      onStopping = then;
    },
  };
}

const callOften = (call: () => Promise<unknown>) => Promise.all(Array.from({ length: 20 }, call));

test("a node with only the mixin lets running calls finish with any transporter (S9.7)", async () => {
  const log = recorder<string>("line of a service");
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { optionsOf, ...bus } = inProcess();
  const n1 = new ServiceBroker(optionsOf("n1"));
  onTestFinished(() => n1.stop());
  onTestFinished(() => release());
  n1.createService(player(log, released));
  await n1.start();
  const { broker, log: gatewayLog } = await bus.gateway();
  await gatewayLog.waitFor((line) => line === "up player@n1");
  const answer = broker.call(callScope(), { action: "player.wait", params: {} });
  await log.waitFor((line) => line === "n1 runs");
  const stopped = n1.stop();
  await gatewayLog.waitFor((line) => line === "down player@n1 left");
  release();
  expect(await answer).toBe("n1");
  await stopped;
});

describe("a node that stops over TCP (S9.7, S13.1)", () => {
  test.for([
    ["with the preset", preset],
    ["with only the mixin", (options: BrokerOptions) => options],
  ] as const)(
    "%s informs gateways before its services stop, and answers running calls",
    async ([, optionsOf]) => {
      const { n1, log, gatewayLog, gatewayBroker, release, call, whenStopping } = await system(optionsOf);
      const results: boolean[] = [];
      whenStopping(() => results.push(gatewayLog.items.includes("down player@n1 left")));
      const answer = call("player.wait", ["n1"]);
      await log.waitFor((line) => line === "n1 runs");
      const stopped = n1.stop();
      await gatewayLog.waitFor((line) => line === "down player@n1 left");
      expect(
        gatewayBroker()
          .registry.getActionEndpoints("player.where")
          ?.endpoints.map(({ id }) => id),
      ).toEqual(["n2"]);
      expect(new Set(await callOften(() => call("player.where")))).toEqual(new Set(["n2"]));
      release();
      expect(await answer).toBe("n1");
      await stopped;
      expect(results).toEqual([true]);
    },
  );

  test("informs other nodes too: their nested calls go to another node", async () => {
    const { n1, n3, log, release, call, whenStopping } = await system();
    const results: unknown[] = [];
    whenStopping(() =>
      results.push(n3.registry.getActionEndpoints("player.where")?.endpoints.map(({ id }) => id)),
    );
    const answer = call("player.wait", ["n1"]);
    await log.waitFor((line) => line === "n1 runs");
    const stopped = n1.stop();
    await expect.poll(() => results).toEqual([["n2"]]);
    expect(new Set(await callOften(() => call("outer.where", ["n3"])))).toEqual(new Set(["n2"]));
    release();
    expect(await answer).toBe("n1");
    await stopped;
  });

  test("answers all calls that arrive while it stops", async () => {
    const { n1, gatewayLog, call } = await system();
    const answers: Promise<unknown>[] = [];
    let stopping = true;
    const load = (async () => {
      while (stopping) {
        for (let index = 0; index < 3; index++)
          answers.push(call("player.where"), call("outer.where", ["n3"]));
        await new Promise(setImmediate);
      }
    })();
    await n1.stop();
    stopping = false;
    await load;
    const failed = (await Promise.allSettled(answers)).filter(({ status }) => status === "rejected");
    expect(answers.length).toBeGreaterThan(20);
    expect(failed).toEqual([]);
    expect(gatewayLog.items).not.toContain("down player@n1 lost");
  });

  test("stays gone even if one of its services changed just before", async () => {
    const { n1, log, gatewayLog, release, call, gatewayBroker } = await system();
    const answer = call("player.wait", ["n1"]);
    await log.waitFor((line) => line === "n1 runs");
    const { promise: changed, resolve: change } = Promise.withResolvers<{ stopped: Promise<void> }>();
    n1.localBus.once("$services.changed", () => change({ stopped: n1.stop() }));
    n1.createService({ name: "late" });
    const { stopped } = await changed;
    await gatewayLog.waitFor((line) => line === "down player@n1 left");
    refreshPeers(gatewayBroker());
    expect(await gatewayBroker().ping("n1", 5_000)).not.toBeNull();
    expect(gatewayBroker().registry.nodes.get("n1")?.services).toEqual([]);
    release();
    await answer;
    await stopped;
  });

  test("rejects calls of a gateway that missed the announcement, and these go to another node", async () => {
    const { n1, log, gatewayBroker, release, call, whenStopping } = await system();
    const { promise: refusing, resolve } = Promise.withResolvers<void>();
    whenStopping(resolve);
    Object.assign(transporterOf(gatewayBroker()), { processGossipResponse: () => undefined });
    const answer = call("player.wait", ["n1"]);
    await log.waitFor((line) => line === "n1 runs");
    const stopped = n1.stop();
    await refusing;
    expect(gatewayBroker().registry.getActionEndpointByNodeId("player.where", "n1")).toBeTruthy();
    expect(new Set(await callOften(() => call("player.where")))).toEqual(new Set(["n2"]));
    release();
    expect(await answer).toBe("n1");
    await stopped;
  });

  test("closes its connections only when its last answers have been read", async () => {
    const { n1, log, gatewayBroker, release, call, whenStopping } = await system();
    const { promise: stoppingStarted, resolve } = Promise.withResolvers<void>();
    whenStopping(resolve);
    const answer = call("player.wait", ["n1"]);
    await log.waitFor((line) => line === "n1 runs");
    const stopped = n1.stop();
    await stoppingStarted;
    const transporter = transporterOf(gatewayBroker());
    const receive = transporter.receive.bind(transporter);
    const held: Parameters<typeof receive>[] = [];
    transporter.receive = (...packet) => void held.push(packet);
    release();
    const read = () => held.map(([command]) => command).filter((command) => command !== "EVENT");
    await expect.poll(read).toEqual(["RES", "PING"]);
    expect(n1.transit?.tx.connected).toBe(true);
    transporter.receive = receive;
    for (const packet of held) receive(...packet);
    expect(await answer).toBe("n1");
    await stopped;
    expect(n1.transit?.tx.connected).toBe(false);
  });

  test("does not wait for a node that does not answer", async () => {
    const { n1, n2, gatewayLog } = await system();
    transporterOf(n2).receive = () => undefined;
    await n1.stop();
    expect(gatewayLog.items).toContain("down player@n1 left");
  });
});
