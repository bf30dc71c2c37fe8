import { describe, expect, test } from "vitest";
import { fragment, labels, registryOn, servedBy, setUp } from "../kit.ts";

describe("S9.2: a node that restarts with a known fragment never makes that fragment newer", () => {
  test("after any number of other fragments of the service, also on other branches", async () => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "a", revision: 10, fragment: fragment("/newer") });
    bus.node("n2").publish({ name: "a", revision: 5, fragment: fragment("/older") });
    await registry.start();
    expect(labels(registry)).toEqual(["GET /newer"]);
    const laptop = bus.node("laptop");
    for (let revision = 0; revision < 150; revision++) {
      laptop.publish({ name: "a", revision, fragment: { branch: "dev", ...fragment(`/${revision}`) } });
      await registry.settled();
    }
    bus.node("n2").publish({ name: "a", revision: 6, fragment: fragment("/older") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /newer"]);
    bus.node("n1").publish({ name: "a", revision: 4, fragment: fragment("/newest but old") });
    bus.node("n3").publish({ name: "a", revision: 3, fragment: fragment("/newer") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /older"]);
  });

  test("also where all nodes of the service were gone", async () => {
    const { bus, clock, registry } = setUp();
    bus.node("n1").publish({ name: "a", revision: 1, fragment: fragment("/old") });
    await registry.start();
    bus.node("n1").crash();
    clock.advance(15_000);
    await registry.settled();
    expect(labels(registry)).toEqual([]);
    bus.node("n2").publish({ name: "a", revision: 50, fragment: fragment("/new") });
    await registry.settled();
    bus.node("n1").publish({ name: "a", revision: 100, fragment: fragment("/old") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /new"]);
  });

  test("also on a gateway that starts later", async () => {
    const { bus, clock, registry } = setUp();
    bus.node("n1").publish({ name: "a", revision: 1, fragment: fragment("/old") });
    await registry.start();
    bus.node("n2").publish({ name: "a", revision: 50, fragment: fragment("/new") });
    await registry.settled();
    bus.node("n1").publish({ name: "a", revision: 100, fragment: fragment("/old") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /new"]);
    const { registry: late } = registryOn(bus.gateway("late"), clock, { gateway: "late" });
    await late.start();
    expect(labels(late)).toEqual(["GET /new"]);
    expect((await servedBy(late)).version.id).toBe((await servedBy(registry)).version.id);
    bus.node("n3").publish({ name: "a", revision: 101, fragment: fragment("/old") });
    await late.settled();
    expect(labels(late)).toEqual(["GET /new"]);
  });
});
