import { type MemoryBroker, manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { fragment, labels, registryOn } from "../kit.ts";

/** Two systems. The broker of the first one precedes that of the second one. */
async function twoSystems(names: readonly [string, string] = ["first", "second"]) {
  const clock = manualClock();
  const [first, second] = names.map((name) => memoryBroker({ clock, name })) as [MemoryBroker, MemoryBroker];
  const { registry } = registryOn(first.broker, clock, { brokers: [first.broker, second.broker] });
  await registry.start();
  return { clock, first, second, registry };
}

describe("S13.2: a service name belongs to the first broker that offers it", () => {
  test("a service of the first broker removes the second one's fragment, also without its own", async () => {
    const { first, second, registry } = await twoSystems();
    second.node("n2").publish({ name: "a", fragment: fragment("/a") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /a"]);
    first.node("n1").publish({ name: "a" });
    await registry.settled();
    expect(labels(registry)).toEqual([]);
  });

  test("when it goes, the second one's fragment is served again", async () => {
    const { clock, first, second, registry } = await twoSystems();
    first.node("n1").publish({ name: "a" });
    second.node("n2").publish({ name: "a", fragment: fragment("/a") });
    await registry.settled();
    expect(labels(registry)).toEqual([]);
    first.node("n1").leave();
    clock.advance(2_000);
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /a"]);
  });

  test("also where the first broker's fragment was for another branch", async () => {
    const { clock, first, second, registry } = await twoSystems();
    first.node("n1").publish({ name: "a", fragment: { branch: "dev", ...fragment("/dev") } });
    second.node("n2").publish({ name: "a", fragment: fragment("/a") });
    await registry.settled();
    expect(labels(registry)).toEqual([]);
    first.node("n1").leave();
    clock.advance(2_000);
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /a"]);
  });

  test("brokers with equal names and nodes with equal ids are different systems", async () => {
    const { clock, first, second, registry } = await twoSystems(["same", "same"]);
    first.node("n").publish({ name: "a", fragment: fragment("/1") });
    second.node("n").publish({ name: "a", fragment: fragment("/2") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /1"]);
    first.node("n").leave();
    second.node("n").crash();
    clock.advance(2_000);
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /2"]);
    clock.advance(13_000);
    await registry.settled();
    expect(labels(registry)).toEqual([]);
  });
});
