import { manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { fragment, labels, servedBy, setUp } from "./kit.ts";
import { nextTurn } from "./reports/turn.ts";

describe("S9.3: merging", () => {
  test("the services that are there at the start are served when `start` resolves", async () => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "player", fragment: fragment("/players") });
    await registry.start();
    expect(labels(registry)).toEqual(["GET /players"]);
    expect(registry.health()).toEqual({ state: "running", reasons: [] });
  });

  test("a burst of one tick is one version", async () => {
    const { bus, registry, mounted } = setUp();
    await registry.start();
    const before = mounted.length;
    for (let index = 0; index < 20; index++)
      bus.node(`n${index}`).publish({ name: `s${index}`, fragment: fragment(`/s${index}`) });
    await registry.settled();
    expect(mounted.length - before).toBeLessThanOrEqual(2);
    expect(labels(registry)).toHaveLength(20);
  });

  test("a service that left is removed after debounceSeconds, a lost one after lostSeconds", async () => {
    const { bus, clock, registry } = setUp();
    const [left, lost] = [bus.node("n1"), bus.node("n2")];
    left.publish({ name: "player", fragment: fragment("/players"), actions: { get: () => 1 } });
    lost.publish({ name: "team", fragment: fragment("/teams") });
    await registry.start();
    left.leave();
    lost.crash();
    await registry.settled();
    const served = registry.find("master", undefined);
    expect(served.version === undefined ? "" : served.directory.action("player.get")?.state).toBe("gone");
    expect(labels(registry)).toEqual(["GET /players", "GET /teams"]);
    clock.advance(2_000);
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /teams"]);
    clock.advance(13_000);
    await registry.settled();
    expect(labels(registry)).toEqual([]);
  });

  test("a service that comes back in time is never removed", async () => {
    const { bus, clock, registry, mounted } = setUp();
    const node = bus.node("n1");
    const service = { name: "player", fragment: fragment("/players") };
    node.publish(service);
    await registry.start();
    const before = mounted.length;
    node.crash();
    clock.advance(14_000);
    node.publish(service);
    clock.advance(20_000);
    await registry.settled();
    expect(mounted).toHaveLength(before);
    expect(labels(registry)).toEqual(["GET /players"]);
  });
});

describe("S9.4: versions", () => {
  test("the same services give the same version on every gateway, whatever the order", async () => {
    const [one, other] = [setUp(), setUp()];
    await Promise.all([one.registry.start(), other.registry.start()]);
    const services = ["a", "b", "c"].map((name) => ({ name, fragment: fragment(`/${name}`) }));
    for (const service of services) {
      one.bus.node(service.name).publish(service);
      await one.registry.settled();
    }
    for (const service of services.reverse()) other.bus.node(service.name).publish(service);
    await Promise.all([one.registry.settled(), other.registry.settled()]);
    const id = one.registry.find("master", undefined).version?.id;
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(other.registry.find("master", undefined).version?.id).toBe(id);
  });

  test("an older version answers by its tag; routes that did not change are the same objects", async () => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "player", fragment: fragment("/players") });
    await registry.start();
    const before = registry.find("master", "latest").version;
    bus.node("n2").publish({ name: "team", fragment: fragment("/teams") });
    await registry.settled();
    const after = registry.find("master", undefined).version;
    expect(after?.id).not.toBe(before?.id);
    expect((await servedBy(registry, "master", before?.name)).version.id).toBe(before?.id);
    expect(after?.routes[0]).toBe(before?.routes[0]);
    expect(registry.find("master", "00000000")).toEqual({ missing: "tag" });
    expect(registry.find("nowhere", undefined)).toEqual({ missing: "branch" });
  });

  test("at most maxVersions are kept", async () => {
    const { bus, registry } = setUp({ maxVersions: 3 });
    await registry.start();
    const names: (string | undefined)[] = [];
    for (let index = 1; index <= 5; index++) {
      bus.node("n1").publish({ name: "player", revision: index, fragment: fragment(`/p${index}`) });
      await registry.settled();
      names.push(registry.find("master", undefined).version?.name);
    }
    expect(registry.branches()[0]?.versions.map(({ version }) => version)).toEqual([
      names[4],
      names[3],
      names[2],
    ]);
    expect(registry.find("master", names[0])).toEqual({ missing: "tag" });
  });

  test("S1.4: documentation alone makes no version, and is replaced in the one that holds it", async () => {
    const { bus, registry } = setUp();
    const documented = (description: string) => ({ protocol: { Paths: { paths: ["/p"], description } } });
    bus.node("n1").publish({ name: "player", fragment: documented("one") });
    await registry.start();
    const before = registry.find("master", undefined).version;
    bus.node("n1").publish({ name: "player", fragment: documented("two") });
    await registry.settled();
    const after = registry.find("master", undefined).version;
    expect(after?.id).toBe(before?.id);
    expect(after?.endpoints[0]?.description).toBe("two");
    expect(registry.branches()[0]?.versions).toHaveLength(1);
  });
});

describe("S9.1: a branch", () => {
  test("exists from its first fragment, shows its own and master's, and master does not see it", async () => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "a", fragment: fragment("/a1") });
    await registry.start();
    expect(registry.find("dongwook", undefined)).toEqual({ missing: "branch" });
    bus.node("n2").publish({ name: "b", fragment: { branch: "dongwook", ...fragment("/b1") } });
    await registry.settled();
    expect(labels(registry, "dongwook")).toEqual(["GET /a1", "GET /b1"]);
    expect(labels(registry)).toEqual(["GET /a1"]);
    bus.node("n1").publish({ name: "a", revision: 1, fragment: fragment("/a2") });
    await registry.settled();
    expect(labels(registry, "dongwook")).toEqual(["GET /a2", "GET /b1"]);
  });

  test("S9.7: its calls go to its own nodes; master's never go there", async () => {
    const { bus, registry } = setUp();
    const actions = { get: () => 1 };
    bus.node("n1").publish({ name: "a", fragment: fragment("/a"), actions });
    bus.node("n2").publish({ name: "a", fragment: { branch: "dev", ...fragment("/a") }, actions });
    bus.node("n3").publish({ name: "a", actions });
    await registry.start();
    const nodes = (branch: string) => {
      const served = registry.find(branch, undefined);
      return served.version === undefined ? undefined : served.directory.action("a.get")?.nodes;
    };
    expect(nodes("master")).toEqual(["n1", "n3"]);
    expect(nodes("dev")).toEqual(["n2"]);
  });

  test("S9.5: without fragments it is unknown after maxUnusedSeconds", async () => {
    const { bus, clock, registry } = setUp();
    await registry.start();
    const node = bus.node("n1");
    node.publish({ name: "a", fragment: { branch: "dev", ...fragment("/a") } });
    await registry.settled();
    node.leave();
    clock.advance(2_000);
    await registry.settled();
    expect(labels(registry, "dev")).toEqual([]);
    clock.advance(1_800_000);
    expect(registry.find("dev", undefined)).toEqual({ missing: "branch" });
  });
});

test.each(["te\nam", "te\u001bam", "", "__proto__", "$node"])(
  "a service that is called %j is left out: no name may forge lines, or be the broker's own",
  async (name) => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name, fragment: fragment("/x") });
    await registry.start();
    expect(registry.branches()[0]?.services).toEqual([]);
    expect(labels(registry)).toEqual([]);
  },
);

describe("S10.1: reports", () => {
  test("the node that published a fragment gets what was added, and where to try it", async () => {
    const { bus, registry } = setUp();
    await registry.start();
    const [node, other] = [bus.node("n1"), bus.node("n2")];
    other.publish({ name: "team" });
    node.publish({ name: "player", fragment: fragment("/players") });
    const report = await node.waitForReport();
    expect(report).toMatchObject({
      gateway: "gateway-1",
      service: "player",
      branch: "master",
      state: "succeeded",
      urls: ["/players"],
    });
    expect(report.changes).toMatchObject([{ kind: "added", label: "GET /players", service: "player" }]);
    expect(other.reports).toEqual([]);
  });

  test("a faulty fragment changes nothing, and every fault is reported with its path", async () => {
    const { bus, registry } = setUp();
    const node = bus.node("n1");
    node.publish({ name: "player", revision: 1, fragment: fragment("/players") });
    await registry.start();
    node.publish({
      name: "player",
      revision: 2,
      fragment: { brunch: "x", protocol: { Paths: { paths: ["/a", 5] }, REZT: {} } },
    });
    const report = await node.waitForReport(({ state }) => state === "failed");
    expect(
      report.findings.map(({ severity, code, jsonPath, hint }) => [severity, code, jsonPath, hint]),
    ).toEqual([
      ["error", "MEMBER_UNKNOWN", "brunch", "Did you mean `branch`?"],
      ["error", "FRAGMENT_INVALID", "protocol.Paths.paths[1]", undefined],
      ["warning", "PROTOCOL_UNKNOWN", "protocol.REZT", undefined],
    ]);
    expect(labels(registry)).toEqual(["GET /players"]);
    expect(registry.branches()[0]?.versions[0]?.integrations[0]).toMatchObject({
      state: "failed",
      service: "player",
    });
  });

  test("S9.6: a claimant gets the contested claim when the owner leaves", async () => {
    const { bus, clock, registry } = setUp();
    await registry.start();
    const [owner, challenger] = [bus.node("n1"), bus.node("n2")];
    owner.publish({ name: "b", revision: 5, fragment: fragment("/x") });
    await registry.settled();
    challenger.publish({ name: "a", revision: 1, fragment: fragment("/x") });
    const refused = await challenger.waitForReport(({ state }) => state === "failed");
    expect(refused.findings).toMatchObject([{ code: "CLAIM_TAKEN", jsonPath: "protocol.Paths.paths[0]" }]);
    owner.leave();
    clock.advance(2_000);
    await challenger.waitForReport(({ state }) => state === "succeeded");
    expect(labels(registry)).toEqual(["GET /x"]);
  });

  test("a node that joins with a served fragment gets a report, and only this node", async () => {
    const { bus, registry } = setUp();
    const service = { name: "player", fragment: fragment("/players") };
    const [first, second] = [bus.node("n1"), bus.node("n2")];
    first.publish(service);
    await registry.start();
    await first.waitForReport();
    second.publish(service);
    expect(await second.waitForReport()).toMatchObject({ state: "skipped", changes: [] });
    expect(first.reports).toHaveLength(1);
  });
});

describe("dry runs", () => {
  test("report what a merge would do, and change nothing", async () => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "player", fragment: fragment("/players") });
    await registry.start();
    const before = registry.find("master", undefined);
    const good = await registry.check({ service: "team", fragment: fragment("/teams") });
    expect(good).toMatchObject({ state: "succeeded", changes: [{ kind: "added", label: "GET /teams" }] });
    const taken = await registry.check({ service: "team", fragment: fragment("/players") });
    expect(taken).toMatchObject({ state: "failed", findings: [{ code: "CLAIM_TAKEN" }] });
    const branch = await registry.check({ service: "team", branch: "dev", fragment: fragment("/teams") });
    expect(branch).toMatchObject({ state: "succeeded", branch: "dev" });
    expect(await registry.check({ service: "team", fragment: 5 })).toMatchObject({ state: "failed" });
    expect(registry.find("master", undefined)).toBe(before);
    expect(registry.find("dev", undefined)).toEqual({ missing: "branch" });
  });
});

describe("S12.6: readiness", () => {
  test("waits for discovery, at most `readyAfterSeconds`, and for the expected services", async () => {
    const clock = manualClock();
    const discovery = Promise.withResolvers<void>();
    const bus = memoryBroker({ clock, discovery: discovery.promise });
    const { registry } = setUp({ clock, brokers: [bus.broker], expect: ["player"], readyAfterSeconds: 5 });
    const started = registry.start();
    expect(registry.health().state).toBe("starting");
    await nextTurn();
    clock.advance(5_000);
    await started;
    expect(registry.health()).toEqual({ state: "starting", reasons: ["The service player is not there."] });
    bus.node("n1").publish({ name: "player" });
    discovery.resolve();
    await expect.poll(() => registry.health().state).toBe("running");
  });
});
