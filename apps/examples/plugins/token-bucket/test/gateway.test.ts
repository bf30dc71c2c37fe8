import { defineContext, silentLogger } from "@tidegate/core-registry";
import { createGateway } from "@tidegate/core-registry/gateway";
import { manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { sandbox } from "@tidegate/sandbox";
import { h3Server } from "@tidegate/server-h3";
import { expect, onTestFinished, test } from "vitest";
import { type RateLimit, type TokenBucketOptions, tokenBucket } from "../src/index.ts";

/** Starts a gateway with one service, whose rule has this limit. The test moves the clock of the policy. */
async function start(rateLimit: RateLimit, options: TokenBucketOptions = {}) {
  const clock = manualClock(1_000_000);
  const bus = memoryBroker();
  const gateway = createGateway({
    brokers: [bus.broker],
    protocols: [rest()],
    policies: [tokenBucket({ clock, ...options })],
    contexts: [defineContext({ name: "key", create: ({ request }) => request.header("x-key") })],
    sandbox: sandbox(),
    server: h3Server({ port: 0, trustedProxies: ["127.0.0.1"] }),
    logger: silentLogger,
  });
  onTestFinished(() => gateway.stop());
  const publish = async (revision: number): Promise<void> => {
    bus.node("n1").publish({
      name: "search",
      revision,
      actions: { run: () => revision },
      fragment: {
        policy: { call: [{ actions: ["search.*"], rateLimit }] },
        protocol: {
          REST: {
            basePath: "/search",
            description: `Revision ${revision}`,
            routes: [{ method: "GET", path: "/", call: "search.run" }],
          },
        },
      },
    });
    await gateway.registry.settled();
  };
  const [listening] = await gateway.start();
  await publish(1);
  const get = (client: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${listening?.url}/search`, { headers: { "x-forwarded-for": client, ...headers } });
  const statuses = async (count: number, client: string, headers?: Record<string, string>) => {
    const found: number[] = [];
    for (let index = 0; index < count; index++) found.push((await get(client, headers)).status);
    return found;
  };
  return { bus, clock, get, publish, statuses };
}

test("S17: a client uses its burst, then gets 429 with Retry-After, then a token per period", async () => {
  const { clock, get, statuses, bus } = await start({ perSecond: 0.5, burst: 2 });
  expect(await statuses(2, "10.0.0.1")).toEqual([200, 200]);
  const denied = await get("10.0.0.1");
  expect(denied.status).toBe(429);
  expect(denied.headers.get("retry-after")).toBe("2");
  expect(await denied.json()).toMatchObject({ code: "RATE_LIMITED" });
  expect(bus.count("search.run")).toBe(2);
  clock.advance(2_000);
  expect(await statuses(2, "10.0.0.1")).toEqual([200, 429]);
});

test("S17: each client has a bucket of its own, by address or by a context value", async () => {
  const byAddress = await start({ perSecond: 1, burst: 1 });
  expect(await byAddress.statuses(2, "10.0.0.1")).toEqual([200, 429]);
  expect(await byAddress.statuses(2, "10.0.0.2")).toEqual([200, 429]);
  const byKey = await start({ perSecond: 1, burst: 1, by: "key" });
  expect(await byKey.statuses(2, "10.0.0.1", { "x-key": "ann" })).toEqual([200, 429]);
  expect(await byKey.statuses(2, "10.0.0.1", { "x-key": "bob" })).toEqual([200, 429]);
  expect(await byKey.statuses(2, "10.0.0.2", { "x-key": "ann" })).toEqual([429, 429]);
  expect(await byKey.statuses(2, "10.0.0.1")).toEqual([200, 429]);
});

test("S17: a new publication of the same rule does not refill the buckets", async () => {
  const { publish, statuses } = await start({ perSecond: 1, burst: 2 });
  expect(await statuses(2, "10.0.0.1")).toEqual([200, 200]);
  await publish(2);
  expect(await statuses(1, "10.0.0.1")).toEqual([429]);
});

test("S17: memory is bounded: the longest unused bucket is dropped", async () => {
  const { statuses } = await start({ perSecond: 0.001, burst: 1 }, { maxBuckets: 2 });
  expect(await statuses(1, "10.0.0.1")).toEqual([200]);
  expect(await statuses(1, "10.0.0.2")).toEqual([200]);
  expect(await statuses(2, "10.0.0.3")).toEqual([200, 429]);
  expect(await statuses(1, "10.0.0.2")).toEqual([429]);
  expect(await statuses(1, "10.0.0.1")).toEqual([200]);
});

test("S17: an unknown context value refuses the fragment", async () => {
  const { bus } = await start({ perSecond: 1, burst: 1, by: "kye" });
  const report = await bus.node("n1").waitForReport();
  expect(report.state).toBe("failed");
  expect(report.findings[0]).toMatchObject({
    code: "CONTEXT_MISSING",
    jsonPath: "policy.call[0].rateLimit.by",
    message: "The gateway has no context value `kye`.",
  });
});

test("S17: a clock that throws denies access, and the gateway goes on", async () => {
  let isBroken = true;
  const clock = {
    ...manualClock(),
    now: () => {
      if (isBroken) throw new Error("The clock is broken.");
      return 0;
    },
  };
  const { statuses } = await start({ perSecond: 1, burst: 1 }, { clock });
  expect(await statuses(1, "10.0.0.1")).toEqual([401]);
  isBroken = false;
  expect(await statuses(1, "10.0.0.1")).toEqual([200]);
});

test.each([
  [{ perSecond: 1, burst: 1 }, { perSecond: 2, burst: 1 }, "wider"],
  [{ perSecond: 2, burst: 5 }, { perSecond: 1, burst: 5 }, "narrower"],
  [{ perSecond: 2, burst: 5 }, { perSecond: 1, burst: 9 }, "unclear"],
  [{ perSecond: 1, burst: 1 }, { perSecond: 2, burst: 1, by: "key" }, "unclear"],
])("S17: a change from %j to %j is %s", (before, after, expected) => {
  expect(tokenBucket().compare?.({ rateLimit: before }, { rateLimit: after })).toBe(expected);
});
