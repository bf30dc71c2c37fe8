import { memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { fragment, labels, setUp } from "../kit.ts";

const player = { name: "player", fragment: fragment("/players"), actions: { get: () => "a player" } };
const team = { name: "team", fragment: fragment("/teams"), actions: { get: () => "a team" } };

/** A gateway that serves two services of two nodes. */
async function serving() {
  const system = setUp();
  const nodes = { n1: system.bus.node("n1"), n2: system.bus.node("n2") };
  nodes.n1.publish(player);
  nodes.n2.publish(team);
  await system.registry.start();
  const { clock, registry } = system;
  return {
    ...system,
    nodes,
    served: () => labels(registry),
    after: async (seconds: number) => {
      clock.advance(seconds * 1_000);
      await registry.settled();
    },
  };
}

const both = ["GET /players", "GET /teams"];

describe("S9.3: while a broker's own connection is lost, nothing of it is removed", () => {
  test("services that go down with the connection stay, however long it takes", async () => {
    const { bus, nodes, served, after } = await serving();
    expect(served()).toEqual(both);
    bus.setHealth("connecting", "The server is gone.");
    nodes.n1.crash();
    nodes.n2.crash();
    await after(3_600);
    expect(served()).toEqual(both);
  });

  test("services that went down before stay too, until the delay after its return", async () => {
    const { bus, nodes, served, after } = await serving();
    nodes.n1.crash();
    nodes.n2.leave();
    await after(1);
    bus.setHealth("connecting");
    await after(60);
    expect(served()).toEqual(both);
    nodes.n2.publish(team);
    bus.setHealth("up");
    await after(14);
    expect(served()).toEqual(both);
    await after(2);
    expect(served()).toEqual(["GET /teams"]);
  });

  test("a service that goes down after the connection is back has its usual delay", async () => {
    const { bus, nodes, served, after } = await serving();
    bus.setHealth("connecting");
    await after(60);
    bus.setHealth("up");
    nodes.n2.leave();
    await after(1);
    expect(served()).toEqual(both);
    await after(2);
    expect(served()).toEqual(["GET /players"]);
  });

  test("a connection that is lost again and again does not remove what is there", async () => {
    const { bus, nodes, served, after } = await serving();
    for (let round = 0; round < 10; round++) {
      bus.setHealth("connecting");
      nodes.n1.crash();
      await after(10);
      bus.setHealth("up");
      nodes.n1.publish(player);
      await after(10);
    }
    expect(served()).toEqual(both);
  });

  test("the services of another broker are removed as usual", async () => {
    const { clock, ...one } = setUp();
    const other = memoryBroker({ clock, name: "other" });
    const { registry } = setUp({ clock, brokers: [one.bus.broker, other.broker] });
    one.bus.node("n1").publish(player);
    const node = other.node("n2");
    node.publish(team);
    await registry.start();
    expect(labels(registry)).toEqual(both);
    one.bus.setHealth("connecting");
    one.bus.node("n1").crash();
    node.crash();
    clock.advance(16_000);
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /players"]);
  });
});
