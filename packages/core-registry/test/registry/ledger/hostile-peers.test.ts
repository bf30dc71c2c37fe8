import { type ManualClock, type MemoryBroker, manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Json } from "../../../src/contracts/json.ts";
import { fragment, labels, registryOn, servedBy, setUp } from "../kit.ts";

const hash = "0123456789abcdef0123456789abcdef";
const noSink = { serviceUp: () => undefined, serviceDown: () => undefined, event: () => undefined };

/** Another gateway of the same system, with any answers. */
async function peer(bus: MemoryBroker, answers: Record<string, () => Json | Promise<Json>>): Promise<void> {
  const broker = bus.gateway("peer");
  broker.peers?.handle(answers);
  await broker.start(noSink);
  onTestFinished(() => broker.stop());
}

const ledgerOf = (accepted: Record<string, string>): Json => ({
  contract: 1,
  gateway: "peer",
  since: -1,
  branches: { master: { accepted, owners: {}, pins: accepted } },
});

function deep(levels: number): Json {
  let value: Json = [];
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

/** Starts a gateway on the same system as the peer. */
async function startBeside(
  answers: Record<string, () => Json | Promise<Json>>,
  clock: ManualClock = manualClock(),
) {
  const bus = memoryBroker({ clock });
  await peer(bus, answers);
  bus.node("n1").publish({ name: "a", fragment: fragment("/a") });
  const { registry } = registryOn(bus.broker, clock);
  await registry.start();
  return { bus, clock, registry };
}

describe("S9.4: the answers of other gateways are checked", () => {
  test("a fragment that is nested too deeply does not stop the start", async () => {
    const bus = memoryBroker();
    const answers: Record<string, unknown> = {
      ledger: ledgerOf({ a: hash }),
      fragments: [{ service: "a", raw: deep(200_000) }],
    };
    bus.node("n1").publish({ name: "a", fragment: fragment("/a") });
    const { registry } = registryOn(
      {
        ...bus.broker,
        peers: {
          handle: () => undefined,
          request: async (name) => [{ node: "peer", value: answers[name] }],
        },
      },
      manualClock(),
    );
    await registry.start();
    expect(labels(registry)).toEqual(["GET /a"]);
  });

  test("fragments that were not asked for, or belong to another service, are ignored", async () => {
    const { registry } = await startBeside({
      ledger: () => ledgerOf({ a: hash }),
      fragments: () =>
        ["a", "b"].map((service) => ({ service, raw: { protocol: { Paths: { paths: ["/stolen"] } } } })),
    });
    expect(labels(registry)).toEqual(["GET /a"]);
    const known = (await servedBy(registry)).version.fragments.map(({ service }) => service);
    expect(known).toEqual(["a"]);
  });

  test("`__proto__` and `constructor` are names like others", async () => {
    const text = JSON.stringify(ledgerOf({ a: hash }));
    const { registry } = await startBeside({
      ledger: () =>
        JSON.parse(
          text
            .replace('"accepted":{', `"accepted":{"__proto__":"${hash}","constructor":"${hash}",`)
            .replace('"branches":{', `"branches":{"__proto__":{"accepted":{},"owners":{},"pins":{}},`),
        ),
      fragments: () => [],
    });
    expect(labels(registry)).toEqual(["GET /a"]);
    expect((await registry.gateways())[0]?.versions.master).toMatch(/^[0-9a-f]{32}$/);
  });

  test("a branch that only other gateways have is not created when ledgers are compared", async () => {
    const { bus, clock, registry } = setUp();
    bus.node("n1").publish({ name: "a", fragment: fragment("/x") });
    await registry.start();
    await peer(bus, {
      ledger: () => ({
        contract: 2,
        gateway: "peer",
        since: -1,
        branches: { gone: { accepted: {}, owners: {}, pins: {} } },
      }),
      fragments: () => [],
    });
    bus.node("n2").publish({ name: "b", fragment: fragment("/x") });
    await registry.settled();
    clock.advance(1_000);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    await registry.settled();
    expect(labels(registry, "gone")).toBe("branch");
  });
});

describe("S9.3: a gateway that does not answer", () => {
  test("delays no merge while claims are contested", async () => {
    const { bus, clock, registry } = setUp();
    bus.node("n1").publish({ name: "a", fragment: fragment("/x") });
    await registry.start();
    const asked = Promise.withResolvers<void>();
    await peer(bus, {
      ledger: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
    });
    bus.node("n2").publish({ name: "b", fragment: fragment("/x") });
    await registry.settled();
    clock.advance(1_000);
    await asked.promise;
    bus.node("n3").publish({ name: "c", fragment: fragment("/c") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /x", "GET /c"]);
  });
});

describe("S1, S9.6: a fragment that is nested too deeply", () => {
  test("affects no other service, nor do such params of a service without a fragment", async () => {
    const { bus, registry } = setUp();
    await registry.start();
    bus.node("n1").publish({ name: "deep", fragment: deep(200_000) });
    const params = { type: "object", properties: { x: { default: deep(200_000) } } } as const;
    for (let times = 0; times < 2; times++)
      bus.node("n1").publish({ name: "plain", actions: { get: { params, handler: () => null } } });
    bus.node("n2").publish({ name: "a", fragment: fragment("/a") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /a"]);
  });
});
