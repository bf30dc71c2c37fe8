import { callScope } from "../scopes.ts";
import type { TestService } from "../service.ts";
import { type BrokerCheck, observe, received, started } from "./driver.ts";

const player = (revision: number): TestService => ({
  name: "player",
  revision,
  fragment: { branch: "master", protocol: {}, mark: "fragment-of-player" },
  metadata: { team: "blue", list: [1, { deep: true }] },
  actions: { get: { handler: () => revision } },
});

/** Checks how services and nodes come, change and go (S13). */
export const discoveryChecks: readonly BrokerCheck[] = [
  {
    title: "start() resolves after the sink has received every service of every node",
    run: async (suite, check) => {
      const { broker, join, sink, services } = await observe(suite, check);
      await join("n1", [player(1), { name: "v2.player" }]);
      await join("n2", [player(2)]);
      check.clause("Connects, reports all known services to the sink, and resolves.");
      await check.wait(broker.start(sink), "start() resolves");
      const names = [...services.keys()].sort();
      check.equal(names, ["player@n1", "player@n2", "v2.player@n1"], "the list of services after start()");
      check.equal(services.get("player@n1")?.revision, 1, "the revision of player on n1");
      check.equal(services.get("player@n2")?.revision, 2, "the revision of player on n2");
    },
  },
  {
    title: "the sink receives services that come, change, go, or leave with their node",
    run: async (suite, check) => {
      const { node, changes, services } = await started(suite, check, player(1), { name: "team" });
      changes.clear();
      check.clause("A service appeared, or its description changed. Replaces the previous description.");
      await node.publish({ ...player(2), fragment: { branch: "master" } });
      await check.until(() => services.get("player@n1")?.revision === 2, "the sink receives revision 2");
      check.equal(services.get("player@n1")?.fragment, { branch: "master" }, "the new fragment");
      check.clause("A service is no longer on a node: the node removed it (`left`).");
      await node.withdraw("player");
      await received(check, changes, "down player@n1 left");
      await node.leave();
      await received(check, changes, "down team@n1 left");
      check.equal([...services.keys()], [], "the list of services at the end");
    },
  },
  {
    title: "a crashed node is lost, and can join again",
    run: async (suite, check) => {
      const { node, join, changes } = await started(suite, check, player(1));
      check.clause("A service is no longer on a node: the node is unreachable (`lost`).");
      await node.crash();
      await received(check, changes, "down player@n1 lost");
      changes.clear();
      check.clause("A service appeared on a node.");
      await join("n1", [player(2)]);
      await received(check, changes, "up player@n1");
    },
  },
  {
    title: "a description has fragment, metadata, revision and events as the node published them",
    run: async (suite, check) => {
      const service: TestService = { ...player(7), events: { "team.*": () => 0, "game.ended": () => 0 } };
      const { services } = await started(suite, check, service, { name: "plain" });
      const seen = services.get("player@n1");
      check.clause("The service's fragment (S1), not validated.");
      check.equal(seen?.fragment, service.fragment, "fragment");
      check.equal(services.get("plain@n1")?.fragment, undefined, "the fragment of a service without one");
      check.clause("The service's metadata without the fragment.");
      check.matches(seen?.metadata, service.metadata, "metadata");
      check.ok(
        !JSON.stringify(seen?.metadata).includes("fragment-of-player"),
        "metadata has no fragment",
        seen?.metadata,
      );
      check.clause("A higher number is newer (S9.2).");
      check.equal(seen?.revision, 7, "revision");
      check.clause("Names and patterns of the events that the service listens to.");
      check.equal(seen?.events.toSorted(), ["game.ended", "team.*"], "the sorted list of events");
      check.clause("The full name: `v2.player` and `player` are two services.");
      check.equal(seen?.name, "player", "name");
    },
  },
  {
    title: "a service that callers of other branches can reach is exposed (S13.1)",
    run: async (suite, check) => {
      const { services } = await started(suite, check, {
        name: "open",
        exposed: true,
        fragment: { branch: "dev" },
      });
      check.clause("True: callers that do not choose a branch can reach the service.");
      check.equal(services.get("open@n1")?.exposed, true, "exposed");
    },
  },
  {
    title: "actions have their params as JSON Schema, and whether they are published",
    run: async (suite, check) => {
      const params = {
        type: "object",
        properties: { id: { type: "number" }, tags: { type: "array", items: { type: "string" } } },
        required: ["id"],
      };
      const actions = { get: { params, description: "One player" }, purge: { published: false } };
      const { services } = await started(suite, check, { name: "player", actions });
      const seen = services.get("player@n1")?.actions ?? [];
      const get = seen.find(({ name }) => name === "player.get");
      check.clause("The declared params as an object schema.");
      check.matches(get?.params, params, "the params of player.get");
      check.clause("An action as its service declares it.");
      check.equal(get?.description, "One player", "the description of player.get");
      check.clause("False: only the action's own service or node can call it. Default true.");
      check.equal(get?.published ?? true, true, "published of player.get");
      check.equal(
        seen.find(({ name }) => name === "player.purge")?.published,
        false,
        "published of player.purge",
      );
    },
  },
  {
    title: "hostile descriptions of services have no effect on others (hostile-07)",
    run: async (suite, check) => {
      const deep = JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`);
      const fragments = [7, "x", true, [null], { protocol: 3 }, deep, JSON.parse('{"__proto__":{"x":1}}')];
      const { broker, services, changes, node } = await started(
        suite,
        check,
        ...fragments.map((fragment, index) => ({ name: `bad${index}`, fragment })),
        { name: "constructor", actions: { toString: () => "own" } },
        { name: "good", actions: { get: () => 1 } },
      );
      check.clause("Plain data from outside, not validated.");
      check.equal(services.get("bad0@n1")?.fragment, 7, "the fragment of bad0");
      check.equal(services.get("bad5@n1")?.fragment, deep, "the fragment of bad5");
      check.equal(Object.hasOwn(Object.prototype, "x"), false, "a new member of Object.prototype");
      const call = (action: string) => broker.call(callScope(), { action, params: {} });
      check.equal(await check.wait(call("good.get"), "good.get answers"), 1, "the answer of good.get");
      const own = await check.wait(call("constructor.toString"), "constructor.toString answers");
      check.equal(own, "own", "the answer of constructor.toString");
      await check.rejects(call("good.constructor"), { code: "ACTION_UNAVAILABLE" }, "good.constructor");
      await node.withdraw("constructor");
      await received(check, changes, "down constructor@n1 left");
    },
  },
];
