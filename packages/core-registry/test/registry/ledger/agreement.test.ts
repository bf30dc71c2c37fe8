import { manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Registry } from "../../../src/registry/contract.ts";
import { registryOn, servedBy } from "../kit.ts";

const service = fc.constantFrom("a", "b", "c");
const node = fc.constantFrom("n1", "n2", "n3");
const branch = fc.constantFrom("master", "master", "dev");
const publish = fc.record({
  type: fc.constant("publish" as const),
  service,
  node,
  branch,
  revision: fc.nat(5),
  paths: fc.uniqueArray(fc.constantFrom("/1", "/2", "/3", "fail"), { maxLength: 2 }),
});
const event = fc.oneof(
  { weight: 6, arbitrary: publish },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("withdraw" as const), service, node }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("crash" as const), node }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.constantFrom(1_000, 15_000) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("restart" as const), index: fc.nat(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("pin" as const),
      index: fc.nat(1),
      branch,
      service: fc.option(service, { nil: undefined }),
      which: fc.nat(20),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("unpin" as const),
      index: fc.nat(1),
      branch,
      service: fc.option(service, { nil: undefined }),
    }),
  },
);

/** The fragments and pins of each branch of a gateway. */
async function stateOf(registry: Registry) {
  const list = registry.branches().map(async ({ branch, pins }) => {
    const { version } = await servedBy(registry, branch);
    return { branch, pins, fragments: version.fragments.map(({ service, hash }) => `${service} ${hash}`) };
  });
  return (await Promise.all(list)).sort((one, other) => (one.branch < other.branch ? -1 : 1));
}

describe("S9.4: gateways of one system that restart", () => {
  test("serve the same versions and pins after any sequence of events", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 20 }), async (events) => {
        const clock = manualClock(1_000_000);
        const bus = memoryBroker({ clock });
        let started = 0;
        const begin = async (): Promise<Registry> => {
          clock.advance(1);
          const name = `gateway-${started++}`;
          const { registry } = registryOn(bus.gateway(name), clock, { gateway: name });
          await registry.start();
          return registry;
        };
        const gateways = [await begin(), await begin()];
        const settle = async (): Promise<void> => {
          for (let turn = 0; turn < 3; turn++) {
            await new Promise(setImmediate);
            await Promise.all(gateways.map((each) => each.settled()));
          }
        };
        for (const one of events) {
          if (one.type === "publish") {
            const fragment = { branch: one.branch, protocol: { Paths: { paths: one.paths } } };
            bus.node(one.node).publish({ name: one.service, revision: one.revision, fragment });
          } else if (one.type === "withdraw") bus.node(one.node).withdraw(one.service);
          else if (one.type === "crash") bus.node(one.node).crash();
          else if (one.type === "wait") clock.advance(one.ms);
          else if (one.type === "restart") {
            await gateways[one.index]?.stop();
            gateways[one.index] = await begin();
          } else {
            const at = gateways[one.index];
            const target = {
              branch: one.branch,
              ...(one.service === undefined ? {} : { service: one.service }),
            };
            const known = at?.branches().find(({ branch: name }) => name === one.branch);
            const ids =
              one.service === undefined
                ? known?.versions.map(({ fullVersion }) => fullVersion)
                : known?.versions.flatMap(({ integrations }) =>
                    integrations.flatMap(({ service: name, hash }) => (name === one.service ? [hash] : [])),
                  );
            if (one.type === "unpin") await at?.unpin(target).catch(() => undefined);
            else if (ids !== undefined && ids.length > 0) {
              const to = ids[one.which % ids.length] ?? "";
              await at?.pin({ ...target, to }).catch(() => undefined);
            }
          }
          await settle();
        }
        // Lost nodes are removed first; then the gateways have time to agree.
        for (const ms of [15_000, 1_000, 1_000, 1_000]) {
          clock.advance(ms);
          await settle();
        }
        const [first, second] = gateways;
        if (first === undefined || second === undefined) throw new TypeError("There are two gateways.");
        expect(await stateOf(second)).toEqual(await stateOf(first));
        await Promise.all(gateways.map((each) => each.stop()));
      }),
      { numRuns: 40 },
    );
  });
});
