import { callScope } from "@tidegate/plugin-testkit";
import { tidegate } from "@tidegate/service-moleculer";
import type { ServiceBroker } from "moleculer";
import { describe, expect, test } from "vitest";
import { createBus } from "./support/bus.ts";
import { knowEachOther, transporterOf, withoutGossip } from "./support/without-gossip.ts";

/** In seconds. */
const heartbeats = { heartbeatInterval: 1, heartbeatTimeout: 1 };

/** Sends a gossip packet, and resolves when the other node has read it. */
async function sendGossip(from: ServiceBroker, target: string, type: string, payload: object): Promise<void> {
  await transporterOf(from).publish({ type, target, payload });
  expect(await from.ping(target, 5_000)).not.toBeNull();
}

async function system() {
  const bus = createBus(await withoutGossip(["gateway", "n1", "n2", "n3"], heartbeats));
  const player = {
    name: "player",
    mixins: [tidegate({ api: {}, revision: 1 })],
    actions: { get: () => "a player" },
  };
  const [n1, n2, n3] = await Promise.all([bus.node("n1", [player]), bus.node("n2", []), bus.node("n3", [])]);
  const gateway = await bus.gateway();
  await gateway.log.waitFor((line) => line === "up player@n1");
  await knowEachOther([n1, n2, n3, gateway.moleculerBroker()], ["player.get"]);
  const brokers = { gateway: gateway.moleculerBroker(), n3 };
  const call = () => gateway.broker.call(callScope(), { action: "player.get", params: {} });
  return { n1, n2, log: gateway.log, brokers, call };
}

/** Counts the pings that a node receives from now on. */
function countPings(broker: ServiceBroker): () => number {
  const transporter = transporterOf(broker);
  const receive = transporter.receive.bind(transporter);
  let count = 0;
  transporter.receive = (command, data, socket) => {
    if (command === "PING") count += 1;
    return receive(command, data, socket);
  };
  return () => count;
}

const claims = [
  { receivedBy: "gateway", type: "GOSSIP_REQ" },
  { receivedBy: "gateway", type: "GOSSIP_RES" },
  { receivedBy: "n3", type: "GOSSIP_REQ" },
  { receivedBy: "n3", type: "GOSSIP_RES" },
] as const;

describe("TCP gossip about a third node (S9.3, S13.1)", () => {
  test.for(claims)("$receivedBy ignores that a running node is offline: $type", async (claim) => {
    const { n2, log, brokers, call } = await system();
    const receiver = brokers[claim.receivedBy];
    const disconnected: string[] = [];
    receiver.localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) =>
      disconnected.push(node.id),
    );
    await sendGossip(n2, claim.receivedBy, claim.type, {
      offline: { n1: 999, n2: 7, gateway: "x", unknown: 3 },
    });
    expect(receiver.registry.nodes.get("n1")?.available).toBe(true);
    // The node answers the ping of the verification before this one.
    expect(await receiver.ping("n1", 5_000)).not.toBeNull();
    expect(disconnected).toEqual([]);
    expect(log.items.filter((line) => line.startsWith("down"))).toEqual([]);
    expect(await call()).toBe("a player");
  });

  test.for(claims)(
    "$receivedBy pings the node, and removes it after the heartbeat timeout: $type",
    async (claim) => {
      const { n1, n2, log, brokers } = await system();
      transporterOf(n1).receive = () => undefined;
      await sendGossip(n2, claim.receivedBy, claim.type, { offline: { n1: 999 } });
      const node = () => brokers[claim.receivedBy].registry.nodes.get("n1")?.available;
      expect(node()).toBe(true);
      await expect.poll(node, { timeout: 10_000 }).toBe(false);
      if (claim.receivedBy === "gateway") expect(log.items).toContain("down player@n1 lost");
    },
  );

  test("a gateway that was blocked itself does not take the node for lost", async () => {
    const { n1, n2, log, brokers } = await system();
    const transporter = transporterOf(n1);
    const receive = transporter.receive.bind(transporter);
    transporter.receive = (command, data, socket) => {
      transporter.receive = receive;
      // Blocks all nodes of this process for longer than the gateway waits.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
      return receive(command, data, socket);
    };
    await sendGossip(n2, "gateway", "GOSSIP_RES", { offline: { n1: 999 } });
    expect(await brokers.gateway.ping("n1", 5_000)).not.toBeNull();
    expect(log.items.filter((line) => line.startsWith("down"))).toEqual([]);
    expect(transporter.receive).toBe(receive);
  });

  test("repeated gossip causes only one ping at a time", async () => {
    const { n1, n2 } = await system();
    const pings = countPings(n1);
    for (let index = 0; index < 50; index++)
      await transporterOf(n2).publish({
        type: "GOSSIP_RES",
        target: "gateway",
        payload: { offline: { n1: 999 + index } },
      });
    await n2.ping("gateway", 5_000);
    await expect.poll(pings).toBeGreaterThan(0);
    expect(pings()).toBeLessThan(25);
  });

  test("gossip about the load of a node that is gone does not bring it back", async () => {
    const { n1, n2, log, brokers } = await system();
    await n1.stop();
    const node = () => brokers.gateway.registry.nodes.get("n1");
    await expect.poll(() => node()?.available).toBe(false);
    const load = (node()?.cpuSeq ?? 0) + 5;
    await sendGossip(n2, "gateway", "GOSSIP_RES", { online: { n1: [load, 50] } });
    expect(node()?.available).toBe(false);
    await sendGossip(n2, "gateway", "GOSSIP_RES", { online: { n1: [{ services: [], seq: 1 }, load, 50] } });
    expect(node()?.available).toBe(false);
    expect(log.items.filter((line) => line === "down player@n1 left")).toHaveLength(1);
  });
});
