import { describe, expect, test } from "vitest";
import { fragment, labels, servedBy, setUp } from "../kit.ts";

const onBranch = (branch: string, ...list: string[]) => ({ branch, ...fragment(...list) });

describe("S9.4: unchanged parts are shared", () => {
  test("between the versions of a branch, and between a branch and master", async () => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "a", fragment: fragment("/a") });
    bus.node("n2").publish({ name: "b", fragment: fragment("/b1") });
    await registry.start();
    const before = (await servedBy(registry)).version;
    bus.node("n2").publish({ name: "b", revision: 1, fragment: fragment("/b2") });
    bus.node("n3").publish({ name: "c", fragment: onBranch("dev", "/c") });
    await registry.settled();
    const after = (await servedBy(registry)).version;
    const dev = (await servedBy(registry, "dev")).version;
    const sliceOf = (version: typeof after, path: string) =>
      version.routes.find((slice) => slice.some((route) => route.path === path));
    expect(sliceOf(after, "/a")).toBeDefined();
    expect(sliceOf(after, "/a")).toBe(sliceOf(before, "/a"));
    expect(sliceOf(dev, "/a")).toBe(sliceOf(before, "/a"));
    expect(sliceOf(dev, "/b2")).toBe(sliceOf(after, "/b2"));
    expect(sliceOf(after, "/b2")?.[0]).not.toBe(sliceOf(before, "/b1")?.[0]);
  });

  test("two branches that show the same fragments serve the same version", async () => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "a", fragment: fragment("/a") });
    bus.node("n2").publish({ name: "b", fragment: onBranch("one", "/b") });
    bus.node("n3").publish({ name: "b", fragment: onBranch("two", "/b") });
    await registry.start();
    expect((await servedBy(registry, "one")).version.id).toBe((await servedBy(registry, "two")).version.id);
  });
});

describe("S9.5: versions are kept as recipes, and compiled while they are in use", () => {
  test("an older version is compiled again for a request, and is the same as before", async () => {
    const { bus, registry } = setUp({ maxCompiled: 1 });
    const node = bus.node("n1");
    node.publish({ name: "a", fragment: fragment("/a1") });
    bus.node("n2").publish({ name: "b", fragment: fragment("/b") });
    await registry.start();
    const names: string[] = [];
    for (let index = 2; index <= 4; index++) {
      names.push((await servedBy(registry)).version.name);
      node.publish({ name: "a", revision: index, fragment: fragment(`/a${index}`) });
      await registry.settled();
    }
    for (const [index, name] of names.entries()) {
      const { version } = await servedBy(registry, "master", name);
      expect(version.name).toBe(name);
      expect(version.endpoints.map(({ label }) => label)).toEqual([`GET /a${index + 1}`, "GET /b"]);
    }
    const [first = ""] = names;
    expect(registry.find("master", first)).toMatchObject({ missing: "evicted" });
    const [one, other] = await Promise.all([
      servedBy(registry, "master", first),
      servedBy(registry, "master", first),
    ]);
    expect(one.version).toBe(other.version);
    expect(registry.find("master", first).version).toBe(one.version);
  });

  test("master's newest version stays compiled, however many others are in use", async () => {
    const { bus, registry } = setUp({ maxCompiled: 1 });
    bus.node("n0").publish({ name: "a", fragment: fragment("/a") });
    for (const branch of ["one", "two", "three"])
      bus.node(branch).publish({ name: "b", fragment: onBranch(branch, `/${branch}`) });
    await registry.start();
    expect(labels(registry)).toEqual(["GET /a"]);
    expect(["one", "two", "three"].filter((name) => labels(registry, name) === "evicted")).toHaveLength(2);
    for (const branch of ["one", "two", "three"]) {
      const { version } = await servedBy(registry, branch);
      expect(version.endpoints.map(({ label }) => label)).toEqual(["GET /a", `GET /${branch}`]);
    }
  });

  test("a branch that was evicted shows the current state of master", async () => {
    const { bus, registry } = setUp({ maxCompiled: 1 });
    bus.node("n0").publish({ name: "a", fragment: fragment("/a1") });
    bus.node("n1").publish({ name: "b", fragment: onBranch("one", "/one") });
    bus.node("n2").publish({ name: "b", fragment: onBranch("two", "/two") });
    await registry.start();
    await servedBy(registry, "two");
    expect(labels(registry, "one")).toBe("evicted");
    bus.node("n0").publish({ name: "a", revision: 1, fragment: fragment("/a2") });
    await registry.settled();
    const { version } = await servedBy(registry, "one");
    expect(version.endpoints.map(({ label }) => label)).toEqual(["GET /a2", "GET /one"]);
  });

  test("an unused branch with fragments is released, and compiled by its first request", async () => {
    const { bus, clock, registry } = setUp({ maxUnusedSeconds: 60 });
    bus.node("n0").publish({ name: "a", fragment: fragment("/a") });
    const node = bus.node("n1");
    node.publish({ name: "b", revision: 1, fragment: onBranch("dev", "/b1") });
    await registry.start();
    node.publish({ name: "b", revision: 2, fragment: onBranch("dev", "/b2") });
    await registry.settled();
    const before = (await servedBy(registry, "dev")).version;
    clock.advance(60_000);
    expect(labels(registry, "dev")).toBe("evicted");
    expect(registry.branches().find(({ branch }) => branch === "dev")?.versions).toHaveLength(1);
    expect((await servedBy(registry, "dev")).version.id).toBe(before.id);
    expect(labels(registry, "dev")).toEqual(["GET /a", "GET /b2"]);
  });

  test("and by a change of its own services", async () => {
    const { bus, clock, registry } = setUp({ maxUnusedSeconds: 60 });
    const node = bus.node("n1");
    node.publish({ name: "b", revision: 1, fragment: onBranch("dev", "/b1") });
    await registry.start();
    clock.advance(60_000);
    expect(labels(registry, "dev")).toBe("evicted");
    node.publish({ name: "b", revision: 2, fragment: onBranch("dev", "/b2") });
    const report = await node.waitForReport(
      ({ to }) => to !== undefined && labels(registry, "dev") !== "evicted",
    );
    expect(report.state).toBe("succeeded");
    await registry.settled();
    expect(labels(registry, "dev")).toEqual(["GET /b2"]);
  });

  test("a branch that is used is not released", async () => {
    const { bus, clock, registry } = setUp({ maxUnusedSeconds: 60 });
    bus.node("n1").publish({ name: "b", fragment: onBranch("dev", "/b") });
    await registry.start();
    for (let minute = 0; minute < 4; minute++) {
      clock.advance(40_000);
      expect(labels(registry, "dev")).toEqual(["GET /b"]);
    }
  });

  test.each(["status", "catalog", "UPPER", "a b", ""])("S1.1: `%s` cannot be a branch", async (branch) => {
    const { bus, registry } = setUp();
    const node = bus.node("n1");
    node.publish({ name: "b", fragment: onBranch(branch, "/b") });
    await registry.start();
    expect(labels(registry, branch)).toBe("branch");
    expect(registry.branches().map((one) => one.branch)).toEqual(["master"]);
  });
});

describe("S9.6: containment between branches", () => {
  test("a fragment that is refused on one branch is served on another", async () => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "a", fragment: fragment("/x") });
    await registry.start();
    const challenger = bus.node("n2");
    challenger.publish({ name: "b", fragment: onBranch("dev", "/x", "/y") });
    const report = await challenger.waitForReport();
    expect(report).toMatchObject({ branch: "dev", state: "failed", findings: [{ code: "CLAIM_TAKEN" }] });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /x"]);
    expect(labels(registry, "dev")).toEqual(["GET /x"]);
    bus.node("n3").publish({ name: "a", fragment: onBranch("dev", "/z") });
    await registry.settled();
    expect(labels(registry, "dev")).toEqual(["GET /z", "GET /x", "GET /y"]);
    expect(labels(registry)).toEqual(["GET /x"]);
  });

  test("a branch keeps its claim where another service claims it on master later", async () => {
    const { bus, registry } = setUp();
    await registry.start();
    bus.node("n1").publish({ name: "b", fragment: onBranch("dev", "/x") });
    await registry.settled();
    bus.node("n2").publish({ name: "a", fragment: fragment("/x") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /x"]);
    const served = await servedBy(registry, "dev");
    expect(served.version.fragments.map(({ service }) => service)).toEqual(["b"]);
  });
});
