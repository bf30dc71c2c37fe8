import { callScope, recorder } from "@tidegate/plugin-testkit";
import { type Context, ServiceBroker, type ServiceSchema } from "moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { preset } from "../src/index.ts";
import { busOf } from "./support/bus.ts";
import { quiet } from "./support/system.ts";

type Served = Context<unknown, Record<string, unknown>>;

const told = () => recorder<string>("word of a service");

/** Tells when it runs and when its signal fires, and resolves then, or after `release`. */
function waiting(name: string, words: ReturnType<typeof told>, release?: Promise<void>) {
  return async ({ locals }: Served): Promise<string> => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const signal: AbortSignal = locals.signal;
    signal.addEventListener("abort", () => {
      words.push(`${name} ends: ${signal.reason.message}`);
      end();
    });
    words.push(`${name} runs`);
    await (release ?? ended);
    return "nobody waits";
  };
}

const noLongerWaits = "The caller no longer waits for the answer.";

/** `outer` calls `middle` calls `inner`, which waits until nobody waits for it. */
function chain(words: ReturnType<typeof told>): Record<"outer" | "middle" | "inner", ServiceSchema> {
  const passing = (name: string, next: string): ServiceSchema => ({
    name,
    actions: {
      get: async (context: Served) => {
        try {
          return await context.call(next, {});
        } catch (error) {
          words.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
          throw error;
        }
      },
    },
  });
  return {
    outer: passing("outer", "middle.get"),
    middle: passing("middle", "inner.get"),
    inner: { name: "inner", actions: { get: waiting("inner", words) } },
  };
}

describe("preset(): options for the brokers of services (S13.1)", () => {
  test("gives defaults, keeps what it is told, and adds middlewares to those given", () => {
    expect(preset()).toMatchObject({
      requestTimeout: 10_000,
      heartbeatInterval: 1,
      heartbeatTimeout: 3,
      tracking: { enabled: true, shutdownTimeout: 5_000 },
      transit: { serviceChangedDebounceTime: 50 },
    });
    const own = { name: "Own" };
    const options = preset({
      namespace: "soccer",
      requestTimeout: 500,
      heartbeatInterval: 5,
      tracking: { shutdownTimeout: 1 },
      transit: { maxQueueSize: 7 },
      middlewares: [own],
    });
    expect(options).toMatchObject({
      namespace: "soccer",
      requestTimeout: 500,
      heartbeatInterval: 5,
      tracking: { enabled: true, shutdownTimeout: 1 },
      transit: { maxQueueSize: 7 },
    });
    expect(options.middlewares?.at(-1)).toBe(own);
  });

  test.for([
    ["1 s", { tidegate: { heartbeat: 1 } }, 3],
    ["5 s", { tidegate: { heartbeat: 5 } }, 15],
    ["an hour", { tidegate: { heartbeat: 3_600 } }, 30],
    ["nobody knows", {}, 30],
    ["nonsense", { tidegate: { heartbeat: "x" } }, 30],
    ["other nonsense", { tidegate: 7 }, 30],
  ] as const)(
    "a node whose heartbeats come each %s is lost after as much silence as that asks for",
    async ([, metadata, allowed]) => {
      const broker = new ServiceBroker(preset({ ...quiet, nodeID: "me", transporter: "Fake" }));
      onTestFinished(() => broker.stop());
      const { nodes, discoverer } = broker.registry;
      const seen = (silent: number) => {
        nodes.processNodeInfo({
          sender: "other",
          instanceID: "1",
          seq: 1,
          ipList: [],
          services: [],
          metadata,
        });
        const node = nodes.get("other");
        if (node === undefined) throw new Error("There is no other node.");
        node.lastHeartbeatTime = Math.round(process.uptime()) - silent;
        discoverer.checkRemoteNodes();
        return node.available;
      };
      expect(seen(allowed - 1)).toBe(true);
      expect(seen(allowed + 2)).toBe(false);
      expect(broker.getLocalNodeInfo().metadata).toMatchObject({ tidegate: { heartbeat: 1 } });
    },
  );

  test("who says how long a node may be silent is taken at the word", () => {
    const broker = new ServiceBroker(
      preset({ ...quiet, nodeID: "me", heartbeatTimeout: 7, transporter: "Fake" }),
    );
    expect(broker.getLocalNodeInfo().metadata.tidegate).not.toHaveProperty("heartbeat");
  });
});

describe("deadlines are handed on to nested calls (S13.4)", () => {
  const nested = (words: ReturnType<typeof told>): ServiceSchema[] => [
    {
      name: "outer",
      actions: {
        get: (context: Served) => context.call("inner.get"),
        patient: (context: Served) => context.call("inner.get", {}, { timeout: 60_000 }),
        quick: (context: Served) => context.call("inner.get", {}, { timeout: 500 }),
        late: async (context: Served) => {
          context.meta.deadline = Date.now() - 1;
          return context.call("inner.get").catch((error: Error & { type: string }) => error.type);
        },
      },
    },
    {
      name: "inner",
      actions: {
        get: {
          handler: ({ options, meta }: Served) => {
            words.push("inner runs");
            return { timeout: options.timeout, deadline: meta.deadline };
          },
        },
      },
    },
  ];

  test("they cut the timeout of each, and make none longer", async () => {
    const bus = busOf();
    const [outer, inner] = nested(told());
    if (outer === undefined || inner === undefined) throw new Error("There are two services.");
    await bus.node("n1", [outer]);
    await bus.node("n2", [inner]);
    const { broker, told: heard } = await bus.gateway();
    await heard.waitFor((line) => line === "up inner@n2");
    await heard.waitFor((line) => line === "up outer@n1");
    const call = (action: string, ms: number) => {
      const scope = callScope({ deadline: Date.now() + ms });
      return broker.call(scope, { action, params: {} }) as Promise<{ timeout: number }>;
    };
    expect((await call("outer.get", 60_000)).timeout).toBeLessThanOrEqual(10_000);
    expect((await call("outer.get", 5_000)).timeout).toBeLessThanOrEqual(5_000);
    expect((await call("outer.patient", 5_000)).timeout).toBeLessThanOrEqual(5_000);
    expect((await call("outer.quick", 5_000)).timeout).toBeLessThanOrEqual(500);
    expect(await call("outer.get", 5_000)).toMatchObject({ deadline: expect.any(Number) });
  });

  test("where they are over nothing is called", async () => {
    const bus = busOf();
    const words = told();
    await bus.node("n1", nested(words));
    const { broker } = await bus.gateway();
    expect(await broker.call(callScope(), { action: "outer.late", params: {} })).toBe("REQUEST_SKIPPED");
    expect(words.items).toEqual([]);
  });
});

describe("a client that goes away ends what was called for it (S13.4)", () => {
  test.for(["on three nodes", "on one node"] as const)("through nested calls %s", async (where) => {
    const bus = busOf();
    const words = told();
    const { outer, middle, inner } = chain(words);
    if (where === "on one node") await bus.node("n1", [outer, middle, inner]);
    else {
      const nodes = [
        await bus.node("n1", [outer]),
        await bus.node("n2", [middle]),
        await bus.node("n3", [inner]),
      ];
      for (const node of nodes) await node.waitForServices(["outer", "middle", "inner"], 10_000, 10);
    }
    const { broker, told: heard } = await bus.gateway();
    for (const name of ["outer", "middle", "inner"])
      await heard.waitFor((line) => line.startsWith(`up ${name}@`));
    const client = new AbortController();
    const answer = broker.call(callScope({ signal: client.signal }), { action: "outer.get", params: {} });
    const failed = expect(answer).rejects.toMatchObject({ code: "CANCELLED" });
    await words.waitFor((word) => word === "inner runs");
    client.abort(new Error("gone"));
    await failed;
    await words.waitFor((word) => word === `inner ends: ${noLongerWaits}`);
    await words.waitFor((word) => word === `middle: ${noLongerWaits}`);
    await words.waitFor((word) => word === `outer: ${noLongerWaits}`);
    expect(words.items.filter((word) => word.includes("ends"))).toHaveLength(1);
  });

  test("so does the deadline, and the caller's own timeout", async () => {
    const bus = busOf();
    const words = told();
    const { promise: release, resolve: finish } = Promise.withResolvers<void>();
    await bus.node("n1", [{ name: "inner", actions: { get: waiting("inner", words, release) } }]);
    onTestFinished(() => finish());
    const { broker } = await bus.gateway();
    const request = { action: "inner.get", params: {} };
    const soon = callScope({ deadline: Date.now() + 50 });
    await expect(broker.call(soon, request)).rejects.toMatchObject({ code: "CALL_TIMEOUT" });
    await words.waitFor((word) => word.startsWith("inner ends"));
    words.clear();
    await expect(broker.call(callScope(), { ...request, timeout: 50 })).rejects.toMatchObject({
      code: "CALL_TIMEOUT",
    });
    await words.waitFor((word) => word.startsWith("inner ends"));
  });

  test("and it ends no other call, nor one that another node made, and nothing of it is kept", async () => {
    const bus = busOf();
    const words = told();
    const node = await bus.node("n1", [
      { name: "one", actions: { get: waiting("one", words) } },
      { name: "two", actions: { get: waiting("two", words) } },
    ]);
    const { broker, inner } = await bus.gateway();
    const clients = { one: new AbortController(), two: new AbortController() };
    const calls = (["one", "two"] as const).map((name) =>
      broker.call(callScope({ signal: clients[name].signal }), { action: `${name}.get`, params: {} }),
    );
    await words.waitFor((word) => word === "one runs");
    await words.waitFor((word) => word === "two runs");
    // Another node cannot end what it did not ask for.
    const pending = [...(inner().transit?.pendingRequests.keys() ?? [])];
    expect(pending).toHaveLength(2);
    for (const sender of ["other", undefined, 7])
      for (const id of [...pending, undefined, {}, "unknown"])
        node.transit?.tx.receive(
          "EVENT",
          Buffer.from(
            JSON.stringify({
              ver: "5",
              sender,
              event: "$tidegate.cancel",
              data: { id },
              groups: ["$tidegate.cancel"],
            }),
          ),
        );
    clients.one.abort();
    await expect(calls[0]).rejects.toMatchObject({ code: "CANCELLED" });
    await words.waitFor((word) => word.startsWith("one ends"));
    expect(words.items.filter((word) => word.startsWith("two"))).toEqual(["two runs"]);
    clients.two.abort();
    await expect(calls[1]).rejects.toMatchObject({ code: "CANCELLED" });
    await words.waitFor((word) => word.startsWith("two ends"));
  });

  test("services on the gateway's own node are ended as well", async () => {
    const bus = busOf();
    const words = told();
    const { outer, middle, inner } = chain(words);
    const { broker } = await bus.gateway({ services: [outer, middle, inner] });
    const client = new AbortController();
    const answer = broker.call(callScope({ signal: client.signal }), { action: "outer.get", params: {} });
    const failed = expect(answer).rejects.toMatchObject({ code: "CANCELLED" });
    await words.waitFor((word) => word === "inner runs");
    client.abort();
    await failed;
    await words.waitFor((word) => word === `inner ends: ${noLongerWaits}`);
  });

  test("a node without the preset is told nothing, and its listeners hear nothing of it", async () => {
    const bus = busOf();
    const heard: string[] = [];
    const running = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<number>();
    const { broker, inner } = await bus.gateway();
    const plain = new ServiceBroker({ ...inner().options, nodeID: "plain", middlewares: [] });
    onTestFinished(() => plain.stop());
    plain.createService({
      name: "slow",
      actions: {
        get: () => {
          running.resolve();
          return finish.promise;
        },
      },
      events: { "**": ({ eventName }: Context) => void heard.push(eventName ?? "") },
    });
    await plain.start();
    await inner().waitForServices("slow", 10_000, 10);
    const client = new AbortController();
    const answer = broker.call(callScope({ signal: client.signal }), { action: "slow.get", params: {} });
    const failed = expect(answer).rejects.toMatchObject({ code: "CANCELLED" });
    await running.promise;
    client.abort();
    await failed;
    finish.resolve(1);
    await broker.publish?.(callScope(), { event: "after", params: {}, broadcast: true });
    await expect.poll(() => heard).toContain("after");
    expect(heard.filter((name) => name.includes("cancel"))).toEqual([]);
  });
});
