import { callScope } from "@tidegate/plugin-testkit";
import type { ServiceBroker } from "moleculer";
import { describe, expect, test } from "vitest";
import { tidegate } from "../src/index.ts";
import { busOf } from "./support/bus.ts";
import { acquainted, toldOnly, wireOf } from "./support/without-gossip.ts";

/** Seconds. */
const heartbeats = { heartbeatInterval: 1, heartbeatTimeout: 1 };

/** A node sends a packet of gossip, and resolves when the other has read it. */
async function gossip(from: ServiceBroker, target: string, type: string, payload: object): Promise<void> {
  await wireOf(from).publish({ type, target, payload });
  expect(await from.ping(target, 5_000)).not.toBeNull();
}

async function system() {
  const bus = busOf(await toldOnly(["gateway", "n1", "n2", "n3"], heartbeats));
  const player = {
    name: "player",
    mixins: [tidegate({ api: {}, revision: 1 })],
    actions: { get: () => "a player" },
  };
  const [n1, n2, n3] = await Promise.all([bus.node("n1", [player]), bus.node("n2", []), bus.node("n3", [])]);
  const gateway = await bus.gateway();
  await gateway.told.waitFor((line) => line === "up player@n1");
  await acquainted([n1, n2, n3, gateway.inner()], ["player.get"]);
  const brokers = { gateway: gateway.inner(), n3 };
  const call = () => gateway.broker.call(callScope(), { action: "player.get", params: {} });
  return { n1, n2, told: gateway.told, brokers, call };
}

/** How many questions whether it is there a node gets from now on. */
function questions(broker: ServiceBroker): () => number {
  const wire = wireOf(broker);
  const receive = wire.receive.bind(wire);
  let count = 0;
  wire.receive = (command, data, socket) => {
    if (command === "PING") count += 1;
    return receive(command, data, socket);
  };
  return () => count;
}

const claims = [
  { who: "gateway", type: "GOSSIP_REQ" },
  { who: "gateway", type: "GOSSIP_RES" },
  { who: "n3", type: "GOSSIP_REQ" },
  { who: "n3", type: "GOSSIP_RES" },
] as const;

describe("one node's word about another over TCP (S9.3, S13.1)", () => {
  test.for(claims)("$who does not believe it that a node that runs is offline: $type", async (claim) => {
    const { n2, told, brokers, call } = await system();
    const hearer = brokers[claim.who];
    const ended: string[] = [];
    hearer.localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) => ended.push(node.id));
    await gossip(n2, claim.who, claim.type, { offline: { n1: 999, n2: 7, gateway: "x", nobody: 3 } });
    expect(hearer.registry.nodes.get("n1")?.available).toBe(true);
    // What was asked of the node itself is answered before this is.
    expect(await hearer.ping("n1", 5_000)).not.toBeNull();
    expect(ended).toEqual([]);
    expect(told.items.filter((line) => line.startsWith("down"))).toEqual([]);
    expect(await call()).toBe("a player");
  });

  test.for(claims)("$who asks, and believes a node's own silence: $type", async (claim) => {
    const { n1, n2, told, brokers } = await system();
    wireOf(n1).receive = () => undefined;
    await gossip(n2, claim.who, claim.type, { offline: { n1: 999 } });
    const node = () => brokers[claim.who].registry.nodes.get("n1")?.available;
    expect(node()).toBe(true);
    await expect.poll(node, { timeout: 10_000 }).toBe(false);
    if (claim.who === "gateway") expect(told.items).toContain("down player@n1 lost");
  });

  test("who was held up itself does not take that for the node's silence", async () => {
    const { n1, n2, told, brokers } = await system();
    const wire = wireOf(n1);
    const receive = wire.receive.bind(wire);
    wire.receive = (command, data, socket) => {
      wire.receive = receive;
      // All nodes of this process stand still for longer than the gateway waits.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
      return receive(command, data, socket);
    };
    await gossip(n2, "gateway", "GOSSIP_RES", { offline: { n1: 999 } });
    expect(await brokers.gateway.ping("n1", 5_000)).not.toBeNull();
    expect(told.items.filter((line) => line.startsWith("down"))).toEqual([]);
    expect(wire.receive).toBe(receive);
  });

  test("a node that is said to be offline again and again is asked once at a time", async () => {
    const { n1, n2 } = await system();
    const asked = questions(n1);
    for (let index = 0; index < 50; index++)
      await wireOf(n2).publish({
        type: "GOSSIP_RES",
        target: "gateway",
        payload: { offline: { n1: 999 + index } },
      });
    await n2.ping("gateway", 5_000);
    await expect.poll(asked).toBeGreaterThan(0);
    expect(asked()).toBeLessThan(25);
  });

  test("a node that is gone does not come back without its services because another tells of its load", async () => {
    const { n1, n2, told, brokers } = await system();
    await n1.stop();
    const node = () => brokers.gateway.registry.nodes.get("n1");
    await expect.poll(() => node()?.available).toBe(false);
    const load = (node()?.cpuSeq ?? 0) + 5;
    await gossip(n2, "gateway", "GOSSIP_RES", { online: { n1: [load, 50] } });
    expect(node()?.available).toBe(false);
    await gossip(n2, "gateway", "GOSSIP_RES", { online: { n1: [{ services: [], seq: 1 }, load, 50] } });
    expect(node()?.available).toBe(false);
    expect(told.items.filter((line) => line === "down player@n1 left")).toHaveLength(1);
  });
});
