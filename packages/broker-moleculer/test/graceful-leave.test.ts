import { randomUUID } from "node:crypto";
import { callScope, recorder } from "@tidegate/plugin-testkit";
import { type BrokerOptions, type Context, ServiceBroker, type ServiceSchema } from "moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { preset, tidegate } from "../src/index.ts";
import { refreshPeers } from "../src/patches/early-discovery.ts";
import { busOf } from "./support/bus.ts";
import { quiet } from "./support/system.ts";
import { acquainted, toldOnly, wireOf } from "./support/without-gossip.ts";

/** A service that says where it runs; `player.wait` waits for `release`. */
function player(words: ReturnType<typeof recorder<string>>, release: Promise<void>): ServiceSchema {
  return {
    name: "player",
    mixins: [tidegate({ api: {}, revision: 1 })],
    actions: {
      where: ({ broker }: Context) => broker.nodeID,
      wait: async ({ broker }: Context) => {
        words.push(`${broker.nodeID} runs`);
        await release;
        return broker.nodeID;
      },
    },
  };
}

function inProcess() {
  const namespace = randomUUID();
  const optionsOf = (nodeID: string): BrokerOptions => ({
    ...quiet,
    nodeID,
    namespace,
    transporter: "Fake",
  });
  return { optionsOf, ...busOf(optionsOf) };
}

const outer: ServiceSchema = {
  name: "outer",
  actions: { where: (context: Context) => context.call("player.where") },
};

/** Two nodes with the service, one that calls it, and a gateway that knows them all. */
async function system(optionsOfNode: (options: BrokerOptions) => BrokerOptions = preset) {
  const optionsOf = await toldOnly(["gateway", "n1", "n2", "n3"]);
  const words = recorder<string>("word of a service");
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  onTestFinished(() => release());
  const start = async (id: string, services: readonly ServiceSchema[], more: BrokerOptions = {}) => {
    const node = new ServiceBroker(optionsOfNode({ ...optionsOf(id), ...more }));
    onTestFinished(() => node.stop());
    for (const service of services) node.createService(service);
    await node.start();
    return node;
  };
  let onStopping = (): void => undefined;
  const bus = busOf(optionsOf);
  const watching = {
    // Moleculer itself tells of no change.
    transit: { serviceChangedDebounceTime: 3_600_000 } as NonNullable<BrokerOptions["transit"]>,
    middlewares: [{ name: "Watching", stopping: async () => onStopping() }],
  };
  const [n1, n2, n3] = await Promise.all([
    start("n1", [player(words, released)], watching),
    start("n2", [player(words, released)]),
    start("n3", [outer]),
  ]);
  const { broker, told, inner } = await bus.gateway();
  for (const line of ["up player@n1", "up player@n2", "up outer@n3"])
    await told.waitFor((said) => said === line);
  await acquainted([n1, n2, n3, inner()], ["player.where", "outer.where"]);
  return {
    n1,
    n2,
    n3,
    words,
    told,
    inner,
    release,
    /** Calls through the gateway. */
    call: (action: string, nodes: readonly string[] = ["n1", "n2"]) =>
      broker.call(callScope(), { action, params: {}, nodes: [...nodes] }),
    /** Does something when the first node begins to stop its services. */
    whenStopping: (then: () => void) => {
      onStopping = then;
    },
  };
}

const many = (call: () => Promise<unknown>) => Promise.all(Array.from({ length: 20 }, call));

test("a node with only the mixin lets running calls end whatever the transporter is (S9.7)", async () => {
  const words = recorder<string>("word of a service");
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { optionsOf, ...bus } = inProcess();
  const n1 = new ServiceBroker(optionsOf("n1"));
  onTestFinished(() => n1.stop());
  onTestFinished(() => release());
  n1.createService(player(words, released));
  await n1.start();
  const { broker, told } = await bus.gateway();
  await told.waitFor((line) => line === "up player@n1");
  const answer = broker.call(callScope(), { action: "player.wait", params: {} });
  await words.waitFor((word) => word === "n1 runs");
  const stopped = n1.stop();
  await told.waitFor((line) => line === "down player@n1 left");
  release();
  expect(await answer).toBe("n1");
  await stopped;
});

describe("a node that stops over TCP (S9.7, S13.1)", () => {
  test.for([
    ["with the preset", preset],
    ["with only the mixin", (options: BrokerOptions) => options],
  ] as const)(
    "%s tells gateways before its services stop, and what runs is answered",
    async ([, optionsOf]) => {
      const { n1, words, told, inner, release, call, whenStopping } = await system(optionsOf);
      const heard: boolean[] = [];
      whenStopping(() => heard.push(told.items.includes("down player@n1 left")));
      const answer = call("player.wait", ["n1"]);
      await words.waitFor((word) => word === "n1 runs");
      const stopped = n1.stop();
      await told.waitFor((line) => line === "down player@n1 left");
      expect(
        inner()
          .registry.getActionEndpoints("player.where")
          ?.endpoints.map(({ id }) => id),
      ).toEqual(["n2"]);
      expect(new Set(await many(() => call("player.where")))).toEqual(new Set(["n2"]));
      release();
      expect(await answer).toBe("n1");
      await stopped;
      expect(heard).toEqual([true]);
    },
  );

  test("tells other nodes too: what they call for a request goes elsewhere", async () => {
    const { n1, n3, words, release, call, whenStopping } = await system();
    const heard: unknown[] = [];
    whenStopping(() =>
      heard.push(n3.registry.getActionEndpoints("player.where")?.endpoints.map(({ id }) => id)),
    );
    const answer = call("player.wait", ["n1"]);
    await words.waitFor((word) => word === "n1 runs");
    const stopped = n1.stop();
    await expect.poll(() => heard).toEqual([["n2"]]);
    expect(new Set(await many(() => call("outer.where", ["n3"])))).toEqual(new Set(["n2"]));
    release();
    expect(await answer).toBe("n1");
    await stopped;
  });

  test("answers all that was called while it stops", async () => {
    const { n1, told, call } = await system();
    const answers: Promise<unknown>[] = [];
    let stopping = true;
    const load = (async () => {
      while (stopping) {
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
    expect(told.items).not.toContain("down player@n1 lost");
  });

  test("is believed although a service of it changed just before", async () => {
    const { n1, words, told, release, call, inner } = await system();
    const answer = call("player.wait", ["n1"]);
    await words.waitFor((word) => word === "n1 runs");
    const { promise: changed, resolve: change } = Promise.withResolvers<{ stopped: Promise<void> }>();
    n1.localBus.once("$services.changed", () => change({ stopped: n1.stop() }));
    n1.createService({ name: "late" });
    const { stopped } = await changed;
    await told.waitFor((line) => line === "down player@n1 left");
    refreshPeers(inner());
    expect(await inner().ping("n1", 5_000)).not.toBeNull();
    expect(inner().registry.nodes.get("n1")?.services).toEqual([]);
    release();
    await answer;
    await stopped;
  });

  test("refuses calls of a gateway that did not hear it, and they go to another node", async () => {
    const { n1, words, inner, release, call, whenStopping } = await system();
    const { promise: refusing, resolve } = Promise.withResolvers<void>();
    whenStopping(resolve);
    Object.assign(wireOf(inner()), { processGossipResponse: () => undefined });
    const answer = call("player.wait", ["n1"]);
    await words.waitFor((word) => word === "n1 runs");
    const stopped = n1.stop();
    await refusing;
    expect(inner().registry.getActionEndpointByNodeId("player.where", "n1")).toBeTruthy();
    expect(new Set(await many(() => call("player.where")))).toEqual(new Set(["n2"]));
    release();
    expect(await answer).toBe("n1");
    await stopped;
  });

  test("ends its connections only when its last answers have been read", async () => {
    const { n1, words, inner, release, call, whenStopping } = await system();
    const { promise: heard, resolve } = Promise.withResolvers<void>();
    whenStopping(resolve);
    const answer = call("player.wait", ["n1"]);
    await words.waitFor((word) => word === "n1 runs");
    const stopped = n1.stop();
    await heard;
    const wire = wireOf(inner());
    const receive = wire.receive.bind(wire);
    const kept: Parameters<typeof receive>[] = [];
    wire.receive = (...packet) => void kept.push(packet);
    release();
    const read = () => kept.map(([command]) => command).filter((command) => command !== "EVENT");
    await expect.poll(read).toEqual(["RES", "PING"]);
    expect(n1.transit?.tx.connected).toBe(true);
    wire.receive = receive;
    for (const packet of kept) receive(...packet);
    expect(await answer).toBe("n1");
    await stopped;
    expect(n1.transit?.tx.connected).toBe(false);
  });

  test("does not wait for a node that does not answer", async () => {
    const { n1, n2, told } = await system();
    wireOf(n2).receive = () => undefined;
    await n1.stop();
    expect(told.items).toContain("down player@n1 left");
  });
});
