import { type BrokerSink, isTidegateError } from "@tidegate/core-registry";
import { callScope, manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";

function recordSink(): { sink: BrokerSink; lines: string[] } {
  const lines: string[] = [];
  const sink: BrokerSink = {
    serviceUp: (service, node) => lines.push(`up ${service.name}@${node.id} r${service.revision ?? 0}`),
    serviceDown: (service, node, how) => lines.push(`down ${service}@${node} ${how}`),
    event: ({ event, payload }) => lines.push(`event ${event} ${JSON.stringify(payload)}`),
  };
  return { sink, lines };
}

describe("the broker in memory", () => {
  test("announces existing services at the start, and every change synchronously", async () => {
    const bus = memoryBroker();
    const node = bus.node("n1");
    node.publish({ name: "player", revision: 1 });
    const { sink, lines } = recordSink();
    await bus.broker.start(sink);
    node.publish({ name: "player", revision: 2 });
    node.publish({ name: "team" });
    node.withdraw("team");
    bus.node("n2").publish({ name: "player" });
    bus.node("n2").crash();
    node.leave();
    expect(lines).toEqual([
      "up player@n1 r1",
      "up player@n1 r2",
      "up team@n1 r0",
      "down team@n1 left",
      "up player@n2 r0",
      "down player@n2 lost",
      "down player@n1 left",
    ]);
  });

  test("uses the clock of the test for timeouts", async () => {
    const clock = manualClock();
    const bus = memoryBroker({ clock });
    const never = new Promise(() => undefined);
    bus.node("n1").publish({ name: "slow", actions: { wait: () => never } });
    await bus.broker.start(recordSink().sink);
    const failed = bus.broker
      .call(callScope(), { action: "slow.wait", params: {} })
      .catch((error: unknown) => (isTidegateError(error) ? error.code : error));
    expect(bus.running).toBe(1);
    clock.advance(9_999);
    expect(bus.running).toBe(1);
    clock.advance(1);
    expect(await failed).toBe("CALL_TIMEOUT");
    expect(clock.pending).toBe(0);
  });

  test("counts calls by action and node, and records them", async () => {
    const bus = memoryBroker();
    for (const id of ["n1", "n2"]) bus.node(id).publish({ name: "player", actions: { get: () => id } });
    await bus.broker.start(recordSink().sink);
    const call = () =>
      bus.broker.call(callScope({ branch: "dev" }), { action: "player.get", params: { id: 1 } });
    expect([await call(), await call(), await call()]).toEqual(["n1", "n2", "n1"]);
    expect(bus.count()).toBe(3);
    expect(bus.count("player.get", "n1")).toBe(2);
    expect(bus.count("player.remove")).toBe(0);
    expect(bus.calls[0]).toEqual({ action: "player.get", params: { id: 1 }, node: "n1", branch: "dev" });
  });

  test("fails running calls of a crashed node as dispatched", async () => {
    const bus = memoryBroker();
    bus.node("n1").publish({ name: "slow", actions: { wait: () => new Promise(() => undefined) } });
    await bus.broker.start(recordSink().sink);
    const failed = bus.broker.call(callScope(), { action: "slow.wait", params: {} });
    bus.node("n1").crash();
    await expect(failed).rejects.toMatchObject({ code: "ACTION_UNAVAILABLE", details: { dispatched: true } });
  });

  test("has no disabled capabilities", () => {
    const { broker } = memoryBroker({ publish: false, events: false, report: false, peers: false });
    expect([broker.publish, broker.events, broker.report, broker.peers]).toEqual(Array(4).fill(undefined));
  });

  test("fails calls while it is not up", async () => {
    const bus = memoryBroker();
    await bus.broker.start(recordSink().sink);
    bus.setHealth("connecting", "cable");
    expect(bus.broker.health?.()).toMatchObject({ state: "connecting", reason: "cable" });
    await expect(bus.broker.call(callScope(), { action: "a.b", params: {} })).rejects.toMatchObject({
      code: "BROKER_UNAVAILABLE",
      message: "cable",
    });
  });

  test("delivers to the gateway only subscribed events, and no internal event", async () => {
    const bus = memoryBroker();
    const { sink, lines } = recordSink();
    await bus.broker.start(sink);
    const node = bus.node("n1");
    node.emit("player.updated", 1);
    bus.broker.events?.(["player.*", "$**", "**.left"]);
    node.emit("player.updated", 2);
    node.emit("team.updated", 3);
    node.broadcast("team.a.left", 4);
    node.emit("$node.connected", 5);
    node.emit("player.updated", 6, ["mail"]);
    expect(lines).toEqual(["event player.updated 2", "event team.a.left 4"]);
  });

  test("creates several gateways, each with all services and its own node id (S9.4)", async () => {
    const bus = memoryBroker();
    const node = bus.node("n1");
    node.publish({ name: "player", actions: { get: () => 1 } });
    const first = recordSink();
    const second = recordSink();
    const other = bus.gateway("gateway-2");
    expect(bus.gateway("gateway-2")).toBe(other);
    for (const [broker, { sink }] of [[bus.broker, first] as const, [other, second] as const]) {
      broker.peers?.handle({ ledger: () => [1] });
      await broker.start(sink);
    }
    bus.broker.events?.(["player.*"]);
    node.emit("player.updated", 1);
    await other.publish?.(callScope(), { event: "player.left", params: 2, broadcast: false });
    node.leave();
    expect(first.lines).toEqual([
      "up player@n1 r0",
      "event player.updated 1",
      "event player.left 2",
      "down player@n1 left",
    ]);
    expect(second.lines).toEqual(["up player@n1 r0", "down player@n1 left"]);
    expect(bus.patterns).toEqual(["player.*"]);
    expect(await bus.broker.peers?.request("ledger", null, 1_000)).toEqual([
      { node: "gateway-2", value: [1] },
    ]);
    expect(await other.peers?.request("ledger", null, 1_000)).toEqual([{ node: "gateway", value: [1] }]);
  });

  test("uses the clock of the test for the timeout of peers", async () => {
    const clock = manualClock();
    const bus = memoryBroker({ clock });
    const other = bus.gateway("gateway-2");
    other.peers?.handle({ ledger: () => new Promise(() => undefined) });
    await bus.broker.start(recordSink().sink);
    await other.start(recordSink().sink);
    const answers = bus.broker.peers?.request("ledger", null, 500);
    clock.advance(500);
    expect(await answers).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
