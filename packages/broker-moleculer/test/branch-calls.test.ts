import { callScope } from "@tidegate/plugin-testkit";
import { tidegate } from "@tidegate/service-moleculer";
import { type Context, ServiceBroker, type ServiceSchema } from "moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBus, type OptionsOf } from "./support/bus.ts";
import { freePorts, tcpOptions } from "./support/system.ts";

/** A service that returns its branch, and records it with each event that it receives. */
function player(branch: string, received: string[]): ServiceSchema {
  return {
    name: "player",
    mixins: [tidegate({ api: { branch, protocol: {} } })],
    actions: { get: () => branch },
    events: { "team.**": () => void received.push(branch) },
  };
}

/** A service of master with nested calls and an event. */
const team: ServiceSchema = {
  name: "team",
  mixins: [tidegate({ api: { protocol: {} } })],
  actions: {
    async show(context: Context) {
      await context.emit("team.listed", {});
      const both = await context.mcall({
        first: { action: "player.get", params: {} },
        second: { action: "player.get", params: {}, options: { retries: 0 } },
      });
      return [...Object.values(both), await context.call("deep.get")];
    },
  },
};

/** A service without the mixin. */
const deep: ServiceSchema = {
  name: "deep",
  actions: { get: (context: Context) => context.call("player.get") },
};

async function overTcp(ids: readonly string[]): Promise<OptionsOf> {
  const found = await freePorts(ids.length);
  const ports = new Map(ids.map((id, index) => [id, found[index] ?? 0]));
  return (id) => tcpOptions(id, ports);
}

/** Resolves when a broker has discovered the service of an action. */
async function waitForAction(broker: ServiceBroker, action: string): Promise<void> {
  await broker.waitForServices(action.slice(0, action.lastIndexOf(".")), 10_000, 10);
}

describe("nested calls follow the request's branch (S9.7)", () => {
  test("1,000 mixed requests stay on their branch, and so do master's events", async () => {
    const bus = createBus(await overTcp(["gateway", "n1", "laptop", "n2", "n3"]));
    const received: string[] = [];
    await bus.node("n1", [player("master", received)]);
    await bus.node("laptop", [player("preview", received)]);
    const nodes = [await bus.node("n2", [team]), await bus.node("n3", [deep, team])];
    for (const node of nodes) {
      await waitForAction(node, "player.get");
      await waitForAction(node, "player~preview.get");
      await waitForAction(node, "deep.get");
    }
    const { broker, log, services } = await bus.gateway();
    for (const line of ["up player@n1", "up player@laptop~preview", "up team@n2", "up team@n3"])
      await log.waitFor((sent) => sent === line);
    expect(services.get("player@laptop~preview")?.events).toEqual([]);

    const request = async (index: number) => {
      const branch = index % 2 === 0 ? "preview" : "master";
      const scope = callScope({ branch });
      const direct = await broker.call(scope, { action: "player.get", params: {} });
      return { branch, served: [direct, ...(await nested(scope))] };
    };
    const nested = async (scope: ReturnType<typeof callScope>): Promise<readonly unknown[]> => {
      const answer = await broker.call(scope, { action: "team.show", params: {} });
      return Array.isArray(answer) ? answer : [answer];
    };
    for (let done = 0; done < 1_000; done += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => request(done + index)));
      for (const { branch, served } of answers) expect(served).toEqual([branch, branch, branch, branch]);
    }
    expect(received).toHaveLength(1_000);
    expect(new Set(received)).toEqual(new Set(["master"]));
  });

  test("a branch without the service uses the plain one until it has its own", async () => {
    const bus = createBus();
    const received: string[] = [];
    await bus.node("n1", [player("master", received), player("dev", received), team, deep]);
    const { broker, log } = await bus.gateway();
    const show = () => broker.call(callScope({ branch: "preview" }), { action: "team.show", params: {} });
    expect(await show()).toEqual(["master", "master", "master"]);
    const laptop = await bus.node("laptop", [player("preview", received)]);
    await log.waitFor((line) => line === "up player@laptop~preview");
    expect(await show()).toEqual(["preview", "preview", "preview"]);
    await laptop.stop();
    await log.waitFor((line) => line.startsWith("down player@laptop~preview"));
    expect(await show()).toEqual(["master", "master", "master"]);
  });

  test("a preview service without the mixin gets calls of master, and is exposed (S13.1)", async () => {
    const options = await overTcp(["gateway", "n1", "laptop"]);
    const bus = createBus(options);
    await bus.node("n1", [player("master", [])]);
    const laptop = new ServiceBroker(options("laptop"));
    onTestFinished(() => laptop.stop());
    laptop.createService({
      name: "player",
      metadata: { api: { branch: "preview", protocol: {} } },
      actions: { get: () => "preview" },
    });
    await laptop.start();
    const { broker, log, services } = await bus.gateway();
    await log.waitFor((line) => line === "up player@laptop");
    await log.waitFor((line) => line === "up player@n1");
    expect(services.get("player@laptop")?.exposed).toBe(true);
    expect(services.get("player@n1")?.exposed).toBeUndefined();
    const call = (branch: string, nodes?: readonly string[]) =>
      broker.call(callScope({ branch }), { action: "player.get", params: {}, ...(nodes && { nodes }) });
    const servedBy = new Set([await call("master"), await call("master")]);
    expect(servedBy).toEqual(new Set(["master", "preview"]));
    for (let index = 0; index < 4; index++) {
      expect(await call("master", ["n1"])).toBe("master");
      expect(await call("preview", ["laptop"])).toBe("preview");
    }
  });
});
