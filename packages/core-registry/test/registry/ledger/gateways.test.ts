import { type MemoryBroker, manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Registry } from "../../../src/registry/contract.ts";
import { fragment, labels, registryOn, servedBy, setUp } from "../kit.ts";

/** Another gateway on the same system. */
function second(bus: MemoryBroker, clock = manualClock(), name = "gateway-2"): Registry {
  return registryOn(bus.gateway(name), clock, { gateway: name }).registry;
}

const idOf = async (registry: Registry, branch = "master"): Promise<string> =>
  (await servedBy(registry, branch)).version.id;

describe("S9.4: a gateway that starts takes over from the running ones", () => {
  test("the owners of contested claims", async () => {
    const { bus, clock, registry } = setUp();
    await registry.start();
    bus.node("n1").publish({ name: "b", revision: 9, fragment: fragment("/x") });
    await registry.settled();
    bus.node("n2").publish({ name: "a", revision: 1, fragment: fragment("/x") });
    await registry.settled();
    expect((await servedBy(registry)).version.fragments.map(({ service }) => service)).toEqual(["b"]);
    const other = second(bus, clock);
    await other.start();
    expect(await idOf(other)).toBe(await idOf(registry));
    expect(other.branches()[0]?.contested).toEqual([{ claim: "GET /x", owner: "b", claimants: ["a"] }]);
  });

  test("the fragment that was accepted last, also where no node publishes it any more", async () => {
    const { bus, clock, registry } = setUp();
    const node = bus.node("n1");
    node.publish({ name: "a", revision: 1, fragment: fragment("/a1") });
    await registry.start();
    node.publish({ name: "a", revision: 2, fragment: fragment("/a2", 5) });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /a1"]);
    const other = second(bus, clock);
    await other.start();
    expect(labels(other)).toEqual(["GET /a1"]);
    expect(await idOf(other)).toBe(await idOf(registry));
  });

  test("the ledgers of every branch", async () => {
    const { bus, clock, registry } = setUp();
    await registry.start();
    const dev = (path: string) => ({ branch: "dev", ...fragment(path) });
    bus.node("n1").publish({ name: "b", revision: 9, fragment: dev("/x") });
    await registry.settled();
    bus.node("n2").publish({ name: "a", revision: 1, fragment: dev("/x") });
    await registry.settled();
    const other = second(bus, clock);
    await other.start();
    expect(await idOf(other, "dev")).toBe(await idOf(registry, "dev"));
  });

  test("nothing where no other gateway runs: the lower revision wins, then the service's name", async () => {
    const { bus, registry } = setUp();
    bus.node("n1").publish({ name: "b", revision: 1, fragment: fragment("/x") });
    bus.node("n2").publish({ name: "a", revision: 2, fragment: fragment("/x") });
    await registry.start();
    expect((await servedBy(registry)).version.fragments.map(({ service }) => service)).toEqual(["b"]);
  });

  test("S12.6: the ledgers before it serves anything; until then it answers that it starts", async () => {
    const { bus, clock, registry } = setUp();
    bus.node("n1").publish({ name: "a", fragment: fragment("/a") });
    await registry.start();
    const other = second(bus, clock);
    const started = other.start();
    expect(other.find("master", undefined)).toEqual({ missing: "starting" });
    await started;
    expect(labels(other)).toEqual(["GET /a"]);
  });

  test("nothing from an answer that does not fit its schema", async () => {
    const bus = memoryBroker();
    bus.gateway("liar").peers?.handle({
      ledger: () => ({ contract: 1, gateway: "liar", since: -1, branches: { master: { accepted: 5 } } }),
      fragments: () => "what?",
      versions: () => [],
    });
    await bus
      .gateway("liar")
      .start({ serviceUp: () => undefined, serviceDown: () => undefined, event: () => undefined });
    bus.node("n1").publish({ name: "a", fragment: fragment("/a") });
    const { registry } = registryOn(bus.broker, manualClock());
    await registry.start();
    expect(labels(registry)).toEqual(["GET /a"]);
    expect(await registry.gateways()).toHaveLength(1);
  });
});

describe("S9.4: running gateways", () => {
  test("report the versions that each of them serves", async () => {
    const { bus, clock, registry } = setUp();
    bus.node("n1").publish({ name: "a", fragment: fragment("/a") });
    await registry.start();
    const other = second(bus, clock);
    await other.start();
    const id = await idOf(registry);
    expect(await registry.gateways()).toEqual([
      { gateway: "gateway-1", versions: { master: id } },
      { gateway: "gateway-2", versions: { master: id } },
    ]);
  });

  /** Each gateway receives these publications in its own order. */
  const publication = fc.record({
    service: fc.constantFrom("a", "b", "c", "d"),
    revision: fc.nat(3),
    paths: fc.uniqueArray(fc.constantFrom("/1", "/2", "/3", "fail"), { minLength: 1, maxLength: 2 }),
    branch: fc.constantFrom("master", "dev"),
  });

  test("agree where contested fragments reached them in different orders", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(publication, { selector: ({ service }) => service, minLength: 2, maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        async (publications, noise) => {
          const clock = manualClock();
          const shared = memoryBroker({ clock });
          const [one, other] = ["one", "other"].map((name) => {
            // Both talk over one shared system, and each discovers the services in its own order.
            const services = memoryBroker({ clock, name: `services of ${name}` });
            const { peers: _, ...broker } = services.broker;
            const talk = shared.gateway(name);
            const { registry } = registryOn(
              {
                ...broker,
                ...(talk.peers === undefined ? {} : { peers: talk.peers }),
                start: async (sink) => {
                  await talk.start({
                    serviceUp: () => undefined,
                    serviceDown: () => undefined,
                    event: () => undefined,
                  });
                  await services.broker.start(sink);
                },
                stop: async () => {
                  await talk.stop();
                  await services.broker.stop();
                },
              },
              clock,
              { gateway: name },
            );
            return { services, registry };
          });
          if (one === undefined || other === undefined) throw new TypeError("There are two.");
          await one.registry.start();
          clock.advance(1);
          await other.registry.start();
          for (const gateway of [one, other]) {
            const order = publications
              .map((each) => [noise.next().value, each] as const)
              .sort(([x], [y]) => x - y);
            for (const [, { service, revision, paths, branch }] of order) {
              gateway.services
                .node("n")
                .publish({ name: service, revision, fragment: { branch, ...fragment(...paths) } });
              await gateway.registry.settled();
            }
          }
          for (let second = 0; second < 3; second++) {
            clock.advance(1_000);
            for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
            await Promise.all([one.registry.settled(), other.registry.settled()]);
          }
          const versions = async (registry: Registry) => (await registry.gateways())[0]?.versions;
          expect(await versions(other.registry)).toEqual(await versions(one.registry));
          await Promise.all([one.registry.stop(), other.registry.stop()]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
