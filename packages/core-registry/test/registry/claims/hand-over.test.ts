import { manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { expect, onTestFinished, test } from "vitest";
import { createRegistry } from "../../../src/registry/registry.ts";
import { noSandbox, paths } from "../plugins.ts";

/** Two services that claim `/a`; `owner` owns it and has `/own` too, `next` waits. Time stands still. */
async function contested() {
  const clock = manualClock();
  const bus = memoryBroker({ clock });
  const registry = createRegistry({
    brokers: [bus.broker],
    protocols: [paths],
    policies: [],
    sandbox: noSandbox,
    contexts: [],
    clock,
  });
  onTestFinished(() => registry.stop());
  const failed: string[] = [];
  registry.onReport(({ service, state }) => void (state === "failed" && failed.push(service)));
  await registry.start();
  const publish = async (name: string, list: readonly string[], node = name): Promise<void> => {
    bus.node(node).publish({ name, fragment: { protocol: { Paths: { paths: list } } } });
    await registry.settled();
  };
  await publish("owner", ["/a", "/own"]);
  await publish("next", ["/a"]);
  const served = (): readonly string[] => {
    const { version } = registry.find("master", undefined);
    return version?.endpoints.map(({ origin, label }) => `${origin.service} ${label}`) ?? [];
  };
  expect(served()).toEqual(["owner GET /a", "owner GET /own"]);
  return { bus, clock, registry, publish, served, failed };
}

test("S9.3: the owner's last node leaves in good order: the next claimant is served at once", async () => {
  const { bus, clock, registry, served, failed } = await contested();
  failed.length = 0;
  bus.node("owner").leave();
  await registry.settled();
  expect(served()).toEqual(["next GET /a"]);
  // Until the owner is removed it asks for nothing, whatever else is merged.
  bus.node("other").publish({ name: "other", fragment: { protocol: { Paths: { paths: ["/b"] } } } });
  await registry.settled();
  expect(served()).toEqual(["next GET /a", "other GET /b"]);
  expect(failed).toEqual([]);
  clock.advance(2_000);
  await registry.settled();
  expect(served()).toEqual(["next GET /a", "other GET /b"]);
});

test("S9.3: an owner that returns waits for the one that took its place", async () => {
  const { bus, registry, publish, served } = await contested();
  bus.node("owner").leave();
  await registry.settled();
  await publish("owner", ["/a", "/own"]);
  expect(served()).toEqual(["next GET /a"]);
});

test("S9.3: while another node of the owner runs, it keeps its claims", async () => {
  const { bus, registry, publish, served } = await contested();
  await publish("owner", ["/a", "/own"], "second");
  bus.node("owner").leave();
  await registry.settled();
  expect(served()).toEqual(["owner GET /a", "owner GET /own"]);
});

test("S9.3: an owner that was lost keeps its claims until it is removed", async () => {
  const { bus, clock, registry, served } = await contested();
  bus.node("owner").crash();
  await registry.settled();
  expect(served()).toEqual(["owner GET /a", "owner GET /own"]);
  clock.advance(15_000);
  await registry.settled();
  expect(served()).toEqual(["next GET /a"]);
});

test("S9.3: without a claimant, the routes of a service that left stay until it is removed", async () => {
  const { bus, registry, served } = await contested();
  bus.node("next").leave();
  bus.node("owner").leave();
  await registry.settled();
  expect(served()).toEqual(["owner GET /a", "owner GET /own"]);
});

test("S9.3: a claimant that another service blocks too takes nothing", async () => {
  const { bus, registry, publish, served } = await contested();
  await publish("third", ["/c"]);
  bus
    .node("next")
    .publish({ name: "next", revision: 2, fragment: { protocol: { Paths: { paths: ["/a", "/c"] } } } });
  await registry.settled();
  bus.node("owner").leave();
  await registry.settled();
  expect(served()).toEqual(["owner GET /a", "owner GET /own", "third GET /c"]);
});
