import { describe, expect, test } from "vitest";
import type { ConnectorDescription } from "../../../src/contracts/connector.ts";
import type { Route } from "../../../src/contracts/route.ts";
import type { Registry } from "../../../src/registry/contract.ts";
import { fragment, labels, servedBy, setUp } from "../kit.ts";
import { paths } from "../plugins.ts";

/** Paths of which each calls an action: `/b.get` calls `b.get`. */
const calling: typeof paths = {
  ...paths,
  compile: async (input, tools) => {
    const compiled = await paths.compile(input, tools);
    const routes = compiled.routes?.map((route): Route => {
      const { path, endpoint = { jsonPath: tools.origin.jsonPath } } = route;
      const origin = { ...tools.origin, jsonPath: endpoint.jsonPath };
      const call: ConnectorDescription = { kind: "call", action: path.slice(1), origin };
      return { ...route, endpoint: { ...endpoint, connectors: [call] } };
    });
    return { ...compiled, routes: routes ?? [] };
  },
};
const get = (published: boolean) => ({ get: { published, handler: () => null } });

describe("S9.6: everything that a change can affect is merged again", () => {
  test("a service that moves from master to a branch of its own is on that branch at once", async () => {
    const { bus, registry } = setUp();
    const node = bus.node("n1");
    node.publish({ name: "a", fragment: fragment("/a") });
    await registry.start();
    node.publish({ name: "a", fragment: { branch: "dev", ...fragment("/dev") } });
    await registry.settled();
    expect(labels(registry)).toEqual([]);
    expect(labels(registry, "dev")).toEqual(["GET /dev"]);
  });

  test("and one that moves back, also where the branch was evicted", async () => {
    const { bus, clock, registry } = setUp({ maxUnusedSeconds: 60 });
    const node = bus.node("n1");
    node.publish({ name: "a", fragment: { branch: "dev", ...fragment("/dev") } });
    await registry.start();
    clock.advance(60_000);
    expect(labels(registry, "dev")).toBe("evicted");
    node.publish({ name: "a", fragment: fragment("/a") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /a"]);
    expect(labels(registry, "dev")).toEqual(["GET /a"]);
  });

  test("S2.4: a fragment is refused as long as an action that it maps is not published", async () => {
    const { bus, registry } = setUp({ protocols: [calling] });
    bus.node("n1").publish({ name: "a", fragment: fragment("/b.get") });
    bus.node("n2").publish({ name: "b", actions: get(true) });
    await registry.start();
    expect(labels(registry)).toEqual(["GET /b.get"]);
    bus.node("n2").publish({ name: "b", actions: get(false) });
    await registry.settled();
    expect(labels(registry)).toEqual([]);
    expect(await bus.node("n1").waitForReport(({ state }) => state === "failed")).toMatchObject({
      findings: [{ code: "ACTION_UNPUBLISHED" }],
    });
    bus.node("n2").publish({ name: "b", actions: get(true) });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /b.get"]);
  });
});

describe("S9.9: a branch that refuses breaking changes", () => {
  test("accepts later changes where master accepted a breaking one", async () => {
    const { bus, registry } = setUp({ breakingChanges: { dev: "block" } });
    const node = bus.node("n1");
    node.publish({ name: "a", fragment: fragment("/1", "/2") });
    bus.node("n2").publish({ name: "b", fragment: { branch: "dev", ...fragment("/b") } });
    await registry.start();
    await servedBy(registry, "dev");
    node.publish({ name: "a", revision: 1, fragment: fragment("/1") });
    await registry.settled();
    for (const path of ["/c", "/d"]) {
      expect(labels(registry)).not.toContain("GET /2");
      expect(labels(registry, "dev")).toEqual(expect.arrayContaining(["GET /1", "GET /2", "GET /b"]));
      bus.node("n3").publish({ name: path.slice(1), fragment: fragment(path) });
      await registry.settled();
    }
    expect(labels(registry, "dev")).toHaveLength(5);
  });

  test("does so too where its name is a member of every object", async () => {
    const { bus, registry } = setUp({ breakingChanges: { "*": "block" } });
    const node = bus.node("n1");
    const on = (...list: string[]) => ({ branch: "constructor", ...fragment(...list) });
    node.publish({ name: "a", fragment: on("/1", "/2") });
    await registry.start();
    node.publish({ name: "a", revision: 1, fragment: on("/1") });
    await registry.settled();
    expect(labels(registry, "constructor")).toEqual(["GET /1", "GET /2"]);
  });
});

describe("S9.5: a tag is `latest`, or 8 to 32 digits", () => {
  test.each([1, 7])("%i digits of a version name none", async (digits) => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "a", fragment: fragment("/a") });
    await registry.start();
    const { id, fragments } = (await servedBy(registry)).version;
    const tag = id.slice(0, digits);
    expect(registry.find("master", tag)).toEqual({ missing: "tag" });
    await expect(registry.pin({ branch: "master", to: tag })).rejects.toMatchObject({
      code: "VERSION_UNKNOWN",
    });
    const to = fragments[0]?.hash.slice(0, digits) ?? "";
    await expect(registry.pin({ branch: "master", service: "a", to })).rejects.toMatchObject({
      code: "FRAGMENT_UNKNOWN",
    });
  });
});

describe("S1.4: a change of documentation alone", () => {
  const documented = (description: string) => ({ protocol: { Paths: { paths: ["/1"], description } } });
  const told = async (registry: Registry, tag?: string) =>
    (await servedBy(registry, "master", tag)).version.endpoints.map(({ description }) => description);

  test("shows in every version with the fragment, compiled or not", async () => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "a", fragment: documented("old") });
    bus.node("n2").publish({ name: "b", revision: 1, fragment: fragment("/b1") });
    await registry.start();
    const first = (await servedBy(registry)).version.name;
    bus.node("n2").publish({ name: "b", revision: 2, fragment: fragment("/b2") });
    await registry.settled();
    expect(await told(registry, first)).toContain("old");
    bus.node("n1").publish({ name: "a", fragment: documented("new") });
    await registry.settled();
    expect(await told(registry)).toContain("new");
    expect(await told(registry, first)).toContain("new");
  });

  test("the documentation of the newer of two nodes with one fragment is used", async () => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "a", revision: 1, fragment: documented("old") });
    await registry.start();
    bus.node("n2").publish({ name: "a", revision: 2, fragment: documented("new") });
    await registry.settled();
    expect(await told(registry)).toEqual(["new"]);
  });
});

describe("S9.5: a contested claim on master", () => {
  test("compiles no evicted branch when services without fragments come", async () => {
    const { bus, registry } = setUp({ maxCompiled: 1 });
    bus.node("n1").publish({ name: "a", fragment: fragment("/x") });
    bus.node("n2").publish({ name: "b", fragment: fragment("/x") });
    const names = ["one", "two", "three"];
    for (const branch of names)
      bus.node(branch).publish({ name: "c", fragment: { branch, ...fragment(`/${branch}`) } });
    await registry.start();
    await servedBy(registry, "one");
    bus.node("n4").publish({ name: "plain" });
    await registry.settled();
    expect(names.filter((name) => labels(registry, name) !== "evicted")).toEqual(["one"]);
  });
});
