import { once } from "node:events";
import { callScope, recorder } from "@tidegate/plugin-testkit";
import { preset } from "@tidegate/service-moleculer";
import { heartbeatTimeoutOf } from "@tidegate/service-moleculer/wire";
import { type Context, ServiceBroker, type ServiceSchema } from "moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBus } from "./support/bus.ts";
import { testOptions } from "./support/system.ts";

type Served = Context<unknown, Record<string, unknown>>;

const createLog = () => recorder<string>("line of a service");

/** Logs when it runs and when its signal aborts, and resolves then, or after `release`. */
function waiting(name: string, log: ReturnType<typeof createLog>, release?: Promise<void>) {
  return async ({ locals }: Served): Promise<string> => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const signal: AbortSignal = locals.signal;
    signal.addEventListener("abort", () => {
      log.push(`${name} ends: ${signal.reason.message}`);
      end();
    });
    log.push(`${name} runs`);
    await (release ?? ended);
    return "not read";
  };
}

const noLongerWaits = "The caller no longer waits for the answer.";

/** `outer` calls `middle`, which calls `inner`, which waits until it is cancelled. */
function chain(log: ReturnType<typeof createLog>): Record<"outer" | "middle" | "inner", ServiceSchema> {
  const passing = (name: string, next: string): ServiceSchema => ({
    name,
    actions: {
      get: async (context: Served) => {
        try {
          return await context.call(next, {});
        } catch (error) {
          log.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
          throw error;
        }
      },
    },
  });
  return {
    outer: passing("outer", "middle.get"),
    middle: passing("middle", "inner.get"),
    inner: { name: "inner", actions: { get: waiting("inner", log) } },
  };
}

describe("preset(): options for the brokers of services (S13.1)", () => {
  test("gives defaults, keeps the given options, and adds its middlewares to the given ones", () => {
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
    ["unknown time", {}, 3],
    ["invalid value", { tidegate: { heartbeat: "x" } }, 3],
    ["invalid type", { tidegate: 7 }, 3],
  ] as const)(
    "a node with a heartbeat interval of %s can be silent as long as the interval needs",
    async ([, metadata, allowed]) => {
      const broker = new ServiceBroker(preset({ ...testOptions, nodeID: "me", transporter: "Fake" }));
      onTestFinished(() => broker.stop());
      broker.registry.nodes.processNodeInfo({
        sender: "other",
        instanceID: "1",
        seq: 1,
        ipList: [],
        services: [],
        metadata,
      });
      expect(heartbeatTimeoutOf(broker, "other")).toBe(allowed);
      expect(broker.getLocalNodeInfo().metadata).toMatchObject({ tidegate: { heartbeat: 1 } });
    },
  );

  test("a `heartbeatTimeout` in the options applies to all nodes", () => {
    const broker = new ServiceBroker(
      preset({ ...testOptions, nodeID: "me", heartbeatTimeout: 7, transporter: "Fake" }),
    );
    expect(broker.getLocalNodeInfo().metadata.tidegate).not.toHaveProperty("heartbeat");
  });
});

describe("deadlines apply to nested calls (S13.4)", () => {
  const nested = (log: ReturnType<typeof createLog>): ServiceSchema[] => [
    {
      name: "outer",
      actions: {
        get: (context: Served) => context.call("inner.get"),
        patient: (context: Served) => context.call("inner.get", {}, { timeout: 60_000 }),
        quick: (context: Served) => context.call("inner.get", {}, { timeout: 500 }),
        late: async (context: Served) => {
          await once(context.locals.signal, "abort");
          await context.call("inner.get").catch((error: Error & { type: string }) => log.push(error.type));
        },
      },
    },
    {
      name: "inner",
      actions: {
        get: {
          handler: ({ options, meta }: Served) => {
            log.push("inner runs");
            return { timeout: options.timeout, deadline: meta.deadline };
          },
        },
      },
    },
  ];

  test("they shorten the timeout of each, and lengthen none", async () => {
    const bus = createBus();
    const [outer, inner] = nested(createLog());
    if (outer === undefined || inner === undefined) throw new Error("There are two services.");
    await bus.node("n1", [outer]);
    await bus.node("n2", [inner]);
    const { broker, log: gatewayLog } = await bus.gateway();
    await gatewayLog.waitFor((line) => line === "up inner@n2");
    await gatewayLog.waitFor((line) => line === "up outer@n1");
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

  test("after the deadline nothing is called", async () => {
    const bus = createBus();
    const log = createLog();
    await bus.node("n1", nested(log));
    const { broker } = await bus.gateway();
    const soon = callScope({ deadline: Date.now() + 500 });
    // The gateway and the service notice the deadline at about the same time.
    await broker.call(soon, { action: "outer.late", params: {} }).catch(() => undefined);
    await log.waitFor((line) => line === "REQUEST_SKIPPED");
    expect(log.items).toEqual(["REQUEST_SKIPPED"]);
  });
});

describe("a client that goes away cancels the calls that were made for it (S13.4)", () => {
  test.for(["on three nodes", "on one node"] as const)("through nested calls %s", async (where) => {
    const bus = createBus();
    const log = createLog();
    const { outer, middle, inner } = chain(log);
    if (where === "on one node") await bus.node("n1", [outer, middle, inner]);
    else {
      const nodes = [
        await bus.node("n1", [outer]),
        await bus.node("n2", [middle]),
        await bus.node("n3", [inner]),
      ];
      for (const node of nodes) await node.waitForServices(["outer", "middle", "inner"], 10_000, 10);
    }
    const { broker, log: gatewayLog } = await bus.gateway();
    for (const name of ["outer", "middle", "inner"])
      await gatewayLog.waitFor((line) => line.startsWith(`up ${name}@`));
    const client = new AbortController();
    const answer = broker.call(callScope({ signal: client.signal }), { action: "outer.get", params: {} });
    const failed = expect(answer).rejects.toMatchObject({ code: "CANCELLED" });
    await log.waitFor((line) => line === "inner runs");
    client.abort(new Error("gone"));
    await failed;
    await log.waitFor((line) => line === `inner ends: ${noLongerWaits}`);
    await log.waitFor((line) => line === `middle: ${noLongerWaits}`);
    await log.waitFor((line) => line === `outer: ${noLongerWaits}`);
    expect(log.items.filter((line) => line.includes("ends"))).toHaveLength(1);
  });

  test("so do the deadline and the caller's own timeout", async () => {
    const bus = createBus();
    const log = createLog();
    const { promise: release, resolve: finish } = Promise.withResolvers<void>();
    await bus.node("n1", [{ name: "inner", actions: { get: waiting("inner", log, release) } }]);
    onTestFinished(() => finish());
    const { broker } = await bus.gateway();
    const request = { action: "inner.get", params: {} };
    const soon = callScope({ deadline: Date.now() + 1_000 });
    await expect(broker.call(soon, request)).rejects.toMatchObject({ code: "CALL_TIMEOUT" });
    await log.waitFor((line) => line.startsWith("inner ends"));
    log.clear();
    await expect(broker.call(callScope(), { ...request, timeout: 1_000 })).rejects.toMatchObject({
      code: "CALL_TIMEOUT",
    });
    await log.waitFor((line) => line.startsWith("inner ends"));
  });

  test("and no other call is cancelled, nor can a node cancel the calls of another node", async () => {
    const bus = createBus();
    const log = createLog();
    const node = await bus.node("n1", [
      { name: "one", actions: { get: waiting("one", log) } },
      { name: "two", actions: { get: waiting("two", log) } },
    ]);
    const { broker, moleculerBroker } = await bus.gateway();
    const clients = { one: new AbortController(), two: new AbortController() };
    const calls = (["one", "two"] as const).map((name) =>
      broker.call(callScope({ signal: clients[name].signal }), { action: `${name}.get`, params: {} }),
    );
    await log.waitFor((line) => line === "one runs");
    await log.waitFor((line) => line === "two runs");
    // A node cannot cancel calls that it did not make.
    const pending = [...(moleculerBroker().transit?.pendingRequests.keys() ?? [])];
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
    await log.waitFor((line) => line.startsWith("one ends"));
    expect(log.items.filter((line) => line.startsWith("two"))).toEqual(["two runs"]);
    clients.two.abort();
    await expect(calls[1]).rejects.toMatchObject({ code: "CANCELLED" });
    await log.waitFor((line) => line.startsWith("two ends"));
  });

  test("services on the gateway's own node are cancelled as well", async () => {
    const bus = createBus();
    const log = createLog();
    const { outer, middle, inner } = chain(log);
    const { broker } = await bus.gateway({ services: [outer, middle, inner] });
    const client = new AbortController();
    const answer = broker.call(callScope({ signal: client.signal }), { action: "outer.get", params: {} });
    const failed = expect(answer).rejects.toMatchObject({ code: "CANCELLED" });
    await log.waitFor((line) => line === "inner runs");
    client.abort();
    await failed;
    await log.waitFor((line) => line === `inner ends: ${noLongerWaits}`);
  });

  test("a node without the preset receives no cancellation", async () => {
    const bus = createBus();
    const received: string[] = [];
    const running = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<number>();
    const { broker, moleculerBroker } = await bus.gateway();
    const plain = new ServiceBroker({ ...moleculerBroker().options, nodeID: "plain", middlewares: [] });
    onTestFinished(() => plain.stop());
    plain.createService({
      name: "slow",
      actions: {
        get: () => {
          running.resolve();
          return finish.promise;
        },
      },
      events: { "**": ({ eventName }: Context) => void received.push(eventName ?? "") },
    });
    await plain.start();
    await moleculerBroker().waitForServices("slow", 10_000, 10);
    const client = new AbortController();
    const answer = broker.call(callScope({ signal: client.signal }), { action: "slow.get", params: {} });
    const failed = expect(answer).rejects.toMatchObject({ code: "CANCELLED" });
    await running.promise;
    client.abort();
    await failed;
    finish.resolve(1);
    await broker.publish?.(callScope(), { event: "after", params: {}, broadcast: true });
    await expect.poll(() => received).toContain("after");
    expect(received.filter((name) => name.includes("cancel"))).toEqual([]);
  });
});
