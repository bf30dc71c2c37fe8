import { type MemoryBroker, manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { fragment, labels, registryOn } from "../kit.ts";

/** Two systems in order of precedence; the first one's brokers come first. */
async function twoSystems(names: readonly [string, string] = ["first", "second"]) {
  const clock = manualClock();
  const [first, second] = names.map((name) => memoryBroker({ clock, name })) as [MemoryBroker, MemoryBroker];
  const { registry } = registryOn(first.broker, clock, { brokers: [first.broker, second.broker] });
  await registry.start();
  return { clock, first, second, registry };
}

describe("S13.2: a service name belongs to the first broker that offers it", () => {
  test("a plain service of the first broker takes the second one's fragment out at once", async () => {
    const { first, second, registry } = await twoSystems();
    second.node("n2").publish({ name: "a", fragment: fragment("/a") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /a"]);
    first.node("n1").publish({ name: "a" });
    await registry.settled();
    expect(labels(registry)).toEqual([]);
  });

  test("and when it goes, the second one's is served again", async () => {
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

  test("also where the first broker's was for another branch", async () => {
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

  test("systems whose brokers have one name, and nodes of one name, are two systems", async () => {
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
