import { manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Registry } from "../../../src/registry/contract.ts";
import { registryOn } from "../kit.ts";

const branches = ["master", "dev", "other"];
const services = ["a", "b", "c"];
const branch = fc.constantFrom(...branches);
const service = fc.constantFrom(...services);
const node = fc.constantFrom("n1", "n2");

const publish = fc.record({
  type: fc.constant("publish" as const),
  service,
  node,
  branch: fc.constantFrom("master", ...branches),
  revision: fc.nat(4),
  paths: fc.uniqueArray(fc.constantFrom("/1", "/2", "/3", "fail"), { maxLength: 2 }),
  description: fc.constantFrom(undefined, "one", "other"),
});
const happening = fc.oneof(
  { weight: 6, arbitrary: publish },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("withdraw" as const), service, node }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("go" as const), lost: fc.boolean(), node }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("ask" as const), branch }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("wait" as const),
      ms: fc.constantFrom(1_000, 2_000, 15_000, 61_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("pin" as const), branch, service, index: fc.nat(20) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("unpin" as const), branch, service }) },
);

/** What a branch serves, and what is contested on it, woken where it sleeps. */
async function shown(registry: Registry, name: string): Promise<unknown> {
  const found = registry.find(name, undefined);
  const served =
    found.version === undefined && found.recompile !== undefined ? await found.recompile() : found;
  await registry.settled();
  if (served.version === undefined) return served.missing;
  const { contested, pins } = registry.branches().find((one) => one.branch === name) ?? {};
  return {
    fragments: served.version.fragments.map(({ service, hash }) => [service, hash]),
    endpoints: served.version.endpoints.map(({ label, description }) => [label, description]),
    routes: served.version.routes.flat().map((route) => route.path),
    contested,
    pins,
  };
}

describe("S9.5: eviction, compilation and release are not visible", () => {
  test("a gateway that keeps one branch compiled shows the same as one that keeps all", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { maxLength: 25 }),
        fc.constantFrom(1, 2),
        async (all, maxCompiled) => {
          const clock = manualClock(1_000_000);
          const bus = memoryBroker({ clock, peers: false });
          const options = { maxUnusedSeconds: 60 };
          const { registry: sleepy } = registryOn(bus.broker, clock, { ...options, maxCompiled });
          const { registry: awake } = registryOn(bus.gateway("awake"), clock, {
            ...options,
            maxCompiled: 1_000,
          });
          const both = [sleepy, awake];
          await Promise.all(both.map((each) => each.start()));
          const hashes: string[] = [];
          const settle = () => Promise.all(both.map((each) => each.settled()));
          const agree = async (name: string): Promise<void> => {
            expect(await shown(sleepy, name), name).toEqual(await shown(awake, name));
          };
          for (const one of all) {
            if (one.type === "publish") {
              const { service: name, revision, paths, description } = one;
              const part = { paths, ...(description === undefined ? {} : { description }) };
              const fragment = { branch: one.branch, protocol: { Paths: part } };
              bus.node(one.node).publish({ name, revision, fragment });
            } else if (one.type === "withdraw") bus.node(one.node).withdraw(one.service);
            else if (one.type === "go") bus.node(one.node)[one.lost ? "crash" : "leave"]();
            else if (one.type === "wait") clock.advance(one.ms);
            else if (one.type === "ask") await agree(one.branch);
            else if (one.type === "pin") {
              const to = hashes[one.index % Math.max(1, hashes.length)] ?? "0".repeat(32);
              const target = { branch: one.branch, service: one.service, to };
              const done = await Promise.allSettled(both.map((each) => each.pin(target)));
              expect(done[0]?.status).toBe(done[1]?.status);
            } else {
              const { branch, service } = one;
              await Promise.allSettled(both.map((each) => each.unpin({ branch, service })));
            }
            await settle();
            for (const { versions, services: list } of awake.branches())
              for (const { hash } of [...list, ...versions.flatMap(({ integrations }) => integrations)])
                if (hash !== null && !hashes.includes(hash)) hashes.push(hash);
          }
          for (const name of branches) await agree(name);
          await Promise.all(both.map((each) => each.stop()));
          expect(clock.pending).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
