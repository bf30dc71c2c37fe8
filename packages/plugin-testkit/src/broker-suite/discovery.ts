import { describe, expect, test } from "vitest";
import { callScope } from "../scopes.ts";
import type { TestService } from "../service.ts";
import { type BrokerSuite, observe, started } from "./driver.ts";

const player = (revision: number): TestService => ({
  name: "player",
  revision,
  fragment: { branch: "master", protocol: {} },
  metadata: { team: "blue" },
  actions: { get: { handler: () => revision } },
});

/** Tests the discovery of services and nodes (S13). */
export function discoverySuite(suite: BrokerSuite): void {
  describe("discovery", () => {
    testServices(suite);
    testDescriptions(suite);
  });
}

function testServices(suite: BrokerSuite): void {
  test("start() resolves after the sink has received every service of every node", async (context) => {
    const { broker, join, sink, services } = await observe(suite, context);
    await join("n1", [player(1), { name: "v2.player" }]);
    await join("n2", [player(2)]);
    await broker.start(sink);
    expect([...services.keys()].sort()).toEqual(["player@n1", "player@n2", "v2.player@n1"]);
    expect(services.get("player@n1")).toMatchObject({ name: "player", revision: 1 });
    expect(services.get("player@n2")).toMatchObject({
      name: "player",
      revision: 2,
      fragment: { branch: "master", protocol: {} },
      metadata: { team: "blue" },
    });
    expect(services.get("v2.player@n1")?.fragment).toBeUndefined();
  });

  test("the sink receives services that come, change, go, or leave with their node", async (context) => {
    const { node, changes, services } = await started(suite, context, player(1), { name: "team" });
    changes.clear();
    await node.publish({ ...player(2), fragment: { branch: "master" } });
    await changes.waitFor(() => services.get("player@n1")?.revision === 2);
    expect(services.get("player@n1")?.fragment).toEqual({ branch: "master" });
    await node.withdraw("player");
    await changes.waitFor((line) => line === "down player@n1 left");
    await node.leave();
    await changes.waitFor((line) => line === "down team@n1 left");
    expect([...services.keys()]).toEqual([]);
  });

  test("a crashed node is lost, and can join again", async (context) => {
    const { node, join, changes } = await started(suite, context, player(1));
    await node.crash();
    await changes.waitFor((line) => line === "down player@n1 lost");
    changes.clear();
    await join("n1", [player(2)]);
    await changes.waitFor((line) => line === "up player@n1");
  });
}

function testDescriptions(suite: BrokerSuite): void {
  test("actions have their params as JSON Schema, and whether they are published", async (context) => {
    const params = {
      type: "object",
      properties: { id: { type: "number" }, tags: { type: "array", items: { type: "string" } } },
      required: ["id"],
    };
    const { services } = await started(suite, context, {
      name: "player",
      actions: {
        get: { params, description: "One player" },
        purge: { published: false },
      },
    });
    const actions = services.get("player@n1")?.actions ?? [];
    const get = actions.find(({ name }) => name === "player.get");
    expect(get).toMatchObject({ description: "One player", params });
    expect(get?.published ?? true).toBe(true);
    expect(actions.find(({ name }) => name === "player.purge")?.published).toBe(false);
  });

  test("hostile descriptions of services have no effect on others (hostile-07)", async (context) => {
    const deep = JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`);
    const fragments = [7, "x", true, [null], { protocol: 3 }, deep, JSON.parse('{"__proto__":{"x":1}}')];
    const { broker, services, changes, node } = await started(
      suite,
      context,
      ...fragments.map((fragment, index) => ({ name: `bad${index}`, fragment })),
      { name: "constructor", actions: { toString: () => "own" } },
      { name: "good", actions: { get: () => 1 } },
    );
    expect(services.get("bad0@n1")?.fragment).toBe(7);
    expect(services.get("bad5@n1")?.fragment).toEqual(deep);
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
    const call = (action: string) => broker.call(callScope(), { action, params: {} });
    expect(await call("good.get")).toBe(1);
    expect(await call("constructor.toString")).toBe("own");
    await expect(call("good.constructor")).rejects.toMatchObject({ code: "ACTION_UNAVAILABLE" });
    await node.withdraw("constructor");
    await changes.waitFor((line) => line === "down constructor@n1 left");
  });
}
