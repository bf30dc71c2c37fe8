import { manualClock } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { fragment, labels, registryOn, servedBy, setUp } from "../kit.ts";

async function setUpTwoVersions() {
  const made = setUp();
  const node = made.bus.node("n1");
  node.publish({ name: "a", revision: 1, fragment: fragment("/a1") });
  await made.registry.start();
  const first = (await servedBy(made.registry)).version;
  node.publish({ name: "a", revision: 2, fragment: fragment("/a2") });
  await made.registry.settled();
  return { ...made, node, first, second: (await servedBy(made.registry)).version };
}

describe("S9.4: a branch that is pinned to a version", () => {
  test("serves it at once, whatever its services publish, until it is unpinned", async () => {
    const { registry, node, first } = await setUpTwoVersions();
    await registry.pin({ branch: "master", to: first.name });
    expect(labels(registry)).toEqual(["GET /a1"]);
    expect(registry.find("master", "latest").version?.id).toBe(first.id);
    node.publish({ name: "a", revision: 3, fragment: fragment("/a3") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /a1"]);
    expect(registry.branches()[0]?.pins).toEqual([{ branch: "master", to: first.id }]);
    await registry.unpin({ branch: "master" });
    expect(labels(registry)).toEqual(["GET /a3"]);
    expect(registry.branches()[0]?.pins).toEqual([]);
  });

  test("announces the swap when it is pinned and when it is unpinned", async () => {
    const { registry, mounted, first, second } = await setUpTwoVersions();
    mounted.length = 0;
    await registry.pin({ branch: "master", to: first.name });
    await registry.unpin({ branch: "master" });
    expect(mounted.map(({ previous, version }) => [previous?.id, version.id])).toEqual([
      [second.id, first.id],
      [first.id, second.id],
    ]);
    expect(mounted[0]?.changes.map(({ kind, label }) => `${kind} ${label}`).sort()).toEqual([
      "added GET /a1",
      "removed GET /a2",
    ]);
  });

  test("is pinned on all gateways, also on one that starts later and never had the version", async () => {
    const { bus, clock, registry, first, second } = await setUpTwoVersions();
    const { registry: running } = registryOn(bus.gateway("running"), clock, { gateway: "running" });
    await running.start();
    expect((await servedBy(running)).version.id).toBe(second.id);
    await registry.pin({ branch: "master", to: first.name });
    expect((await servedBy(running)).version.id).toBe(first.id);
    const { registry: late } = registryOn(bus.gateway("late"), clock, { gateway: "late" });
    await late.start();
    expect((await servedBy(late)).version.id).toBe(first.id);
    expect(labels(late)).toEqual(["GET /a1"]);
    await late.unpin({ branch: "master" });
    for (const each of [registry, running, late]) expect((await servedBy(each)).version.id).toBe(second.id);
  });

  test("can be named by its first digits, also where only another gateway keeps it", async () => {
    const { bus, clock, registry, first } = await setUpTwoVersions();
    const { registry: late } = registryOn(bus.gateway("late"), clock, { gateway: "late" });
    await late.start();
    await late.pin({ branch: "master", to: first.name });
    for (const each of [registry, late]) expect((await servedBy(each)).version.id).toBe(first.id);
    await late.unpin({ branch: "master" });
    await late.pin({ branch: "master", service: "a", to: first.fragments[0]?.hash.slice(0, 8) ?? "" });
    for (const each of [registry, late]) expect(labels(each)).toEqual(["GET /a1"]);
  });

  test("rejects an unknown branch or version", async () => {
    const { registry } = await setUpTwoVersions();
    await expect(registry.pin({ branch: "nowhere", to: "latest" })).rejects.toMatchObject({
      code: "BRANCH_UNKNOWN",
    });
    await expect(registry.pin({ branch: "master", to: "00000000" })).rejects.toMatchObject({
      code: "VERSION_UNKNOWN",
    });
  });
});

describe("S9.4: a service that is pinned to a fragment", () => {
  test("keeps the fragment while the other services of the branch change", async () => {
    const { bus, registry, node, first } = await setUpTwoVersions();
    const hash = first.fragments[0]?.hash ?? "";
    await registry.pin({ branch: "master", service: "a", to: hash.slice(0, 8) });
    expect(labels(registry)).toEqual(["GET /a1"]);
    node.publish({ name: "a", revision: 3, fragment: fragment("/a3") });
    bus.node("n2").publish({ name: "b", fragment: fragment("/b") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /a1", "GET /b"]);
    const report = await node.waitForReport(({ findings }) =>
      findings.some(({ code }) => code === "FRAGMENT_PINNED"),
    );
    expect(report).toMatchObject({ service: "a", state: "skipped" });
    expect(registry.branches()[0]?.pins).toEqual([{ branch: "master", service: "a", to: hash }]);
    await registry.unpin({ branch: "master", service: "a" });
    expect(labels(registry)).toEqual(["GET /a3", "GET /b"]);
  });

  test("is pinned on a gateway that starts later and never had the fragment", async () => {
    const { bus, registry, first, node } = await setUpTwoVersions();
    await registry.pin({ branch: "master", service: "a", to: first.fragments[0]?.hash ?? "" });
    for (let revision = 3; revision < 20; revision++) {
      node.publish({ name: "a", revision, fragment: fragment(`/a${revision}`) });
      await registry.settled();
    }
    const { registry: late } = registryOn(bus.gateway("late"), manualClock(1), { gateway: "late" });
    await late.start();
    expect(labels(late)).toEqual(["GET /a1"]);
    expect((await servedBy(late)).version.id).toBe((await servedBy(registry)).version.id);
  });

  test("rejects an unknown fragment", async () => {
    const { registry } = await setUpTwoVersions();
    await expect(registry.pin({ branch: "master", service: "a", to: "0".repeat(32) })).rejects.toMatchObject({
      code: "FRAGMENT_UNKNOWN",
    });
  });
});
