import type { Broker } from "@tidegate/core-registry";
import { callScope } from "@tidegate/plugin-testkit";
import { type Context, Errors, type ServiceSchema } from "moleculer";
import { describe, expect, test } from "vitest";
import { createBus } from "./support/bus.ts";
import { tcp } from "./support/transports.ts";

/** Answers on node `n2`; on node `n1` only while `isWell` says so. */
function service(id: string, isWell: () => boolean): ServiceSchema {
  return {
    name: "work",
    actions: {
      get: async () => {
        if (id === "n1" && !isWell()) await new Promise(() => undefined);
        return id;
      },
      fail: ({ nodeID }: Context) => {
        throw new Errors.MoleculerServerError(`no luck for ${nodeID}`, 500, "NO_LUCK");
      },
      nested: (context: Context) => context.call("slow.wait", {}, { timeout: 20 }),
    },
  };
}

const slow: ServiceSchema = { name: "slow", actions: { wait: () => new Promise(() => undefined) } };

async function start(context: Parameters<(typeof tcp)["open"]>[0]) {
  const network = await tcp.open(context, ["gateway", "n1", "n2", "n3"]);
  const bus = createBus(network.optionsOf);
  let isWell = false;
  const gateway = await bus.gateway({ circuitBreaker: { halfOpenTime: 1_000 } });
  for (const id of ["n1", "n2"]) {
    await bus.node(id, [service(id, () => isWell)]);
    await gateway.log.waitFor((line) => line === `up work@${id}`);
  }
  await bus.node("n3", [slow]);
  await gateway.log.waitFor((line) => line === "up slow@n3");
  return {
    ...gateway,
    recover: () => {
      isWell = true;
    },
  };
}

function call(broker: Broker, action = "work.get", timeout = 100): Promise<unknown> {
  return broker.call(callScope(), { action, params: {}, timeout }).catch((error: unknown) => error);
}

describe("the circuit breaker (S13.1)", () => {
  test("stops an action on a node where its calls time out, until one is answered", async (context) => {
    const { broker, recover } = await start(context);
    expect(broker.health?.().circuits).toBeUndefined();
    await Promise.all(Array.from({ length: 24 }, () => call(broker)));
    await expect
      .poll(() => broker.health?.().circuits)
      .toEqual([{ action: "work.get", node: "n1", state: "open" }]);
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => call(broker))))).toEqual(
      new Set(["n2"]),
    );
    recover();
    await expect.poll(() => broker.health?.().circuits?.[0]?.state, { timeout: 5_000 }).toBe("half-open");
    await expect
      .poll(async () => new Set(await Promise.all(Array.from({ length: 4 }, () => call(broker)))), {
        timeout: 5_000,
      })
      .toEqual(new Set(["n1", "n2"]));
    expect(broker.health?.().circuits).toBeUndefined();
  });

  test.for(["work.fail", "work.nested"])(
    "errors of a service do not stop it: a client could cause them (%s)",
    async (action, context) => {
      const { broker } = await start(context);
      await Promise.all(Array.from({ length: 40 }, () => call(broker, action, 5_000)));
      expect(broker.health?.().circuits).toBeUndefined();
    },
  );

  test("a node that comes back does not inherit an open circuit", async (context) => {
    const { broker, recover, log, moleculerBroker } = await start(context);
    await Promise.all(Array.from({ length: 24 }, () => call(broker)));
    await expect.poll(() => broker.health?.().circuits).toHaveLength(1);
    recover();
    log.clear();
    moleculerBroker().registry.nodes.disconnected("n1", true);
    expect(broker.health?.().circuits).toBeUndefined();
    await log.waitFor((line) => line === "up work@n1");
    expect(new Set(await Promise.all(Array.from({ length: 4 }, () => call(broker))))).toEqual(
      new Set(["n1", "n2"]),
    );
  });
});
