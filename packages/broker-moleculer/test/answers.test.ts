import type { Broker, BrokerSink, EventPacket } from "@tidegate/core-registry";
import { callScope, memoryBroker, recorder } from "@tidegate/plugin-testkit";
import type { ServiceBroker } from "moleculer";
import { describe, expect, onTestFinished, type TestContext, test } from "vitest";
import { moleculer } from "../src/index.ts";
import { refreshPeers } from "../src/patches/early-discovery.ts";
import { type AnswerCase, answerCases, describeAnswer } from "./support/answers.ts";
import { createBus } from "./support/bus.ts";
import { startServiceProcess } from "./support/service-process.ts";
import { testOptions } from "./support/system.ts";
import { type Transport, tcp, transports } from "./support/transports.ts";

const ignoringSink: BrokerSink = {
  serviceUp: () => undefined,
  serviceDown: () => undefined,
  event: () => undefined,
};

const caseOf = (params: unknown): AnswerCase | undefined =>
  answerCases.find(({ name }) => name === Object(params).name);

async function startMemory(): Promise<Broker> {
  const bus = memoryBroker();
  bus.node("n1").publish({
    name: "size",
    actions: { answer: ({ params }) => caseOf(params)?.make() },
  });
  await bus.broker.start(ignoringSink);
  onTestFinished(() => bus.broker.stop());
  return bus.broker;
}

async function startLocal(): Promise<Broker> {
  const broker = moleculer({
    ...testOptions,
    transporter: null,
    services: [{ name: "size", actions: { answer: ({ params }) => caseOf(params)?.make() } }],
  });
  await broker.start(ignoringSink);
  onTestFinished(() => broker.stop());
  return broker;
}

async function startRemote(
  context: TestContext,
  transport: Transport,
  { hasPreset, serializer }: { readonly hasPreset: boolean; readonly serializer?: "JSONExt" },
): Promise<Broker> {
  const network = await transport.open(context, ["gateway", "service"]);
  const optionsOf = (id: string) => ({
    ...network.optionsOf(id),
    ...(serializer !== undefined && { serializer }),
  });
  await startServiceProcess(optionsOf("service"), hasPreset);
  const { broker, log, moleculerBroker } = await createBus(optionsOf).gateway();
  refreshPeers(moleculerBroker());
  await log.waitFor((line) => line === "up size@service", 60_000);
  return broker;
}

/** Each case with what a client sees of it. */
async function seenBy(broker: Broker): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const { name } of answerCases)
    seen[name] = await describeAnswer(broker.call(callScope(), { action: "size.answer", params: { name } }));
  return seen;
}

const expected = Object.fromEntries(answerCases.map(({ name, seen }) => [name, seen]));

describe("an answer looks the same to clients, wherever its service runs (S4.5, S8, S13.1)", () => {
  test("in the broker in memory", async () => {
    expect(await seenBy(await startMemory())).toEqual(expected);
  });

  test("in a service on the gateway's own node", async () => {
    expect(await seenBy(await startLocal())).toEqual(expected);
  });

  test.for(transports)("in another process with the preset, over $name", async (transport, context) => {
    expect(await seenBy(await startRemote(context, transport, { hasPreset: true }))).toEqual(expected);
  });

  test("in another process with the preset and another serializer", async (context) => {
    const options = { hasPreset: true, serializer: "JSONExt" } as const;
    expect(await seenBy(await startRemote(context, tcp, options))).toEqual(expected);
  });

  test("in another process without the preset, but for what JSON cannot tell", async (context) => {
    const seen = await seenBy(await startRemote(context, tcp, { hasPreset: false }));
    const possible = answerCases.filter(({ withoutPreset }) => withoutPreset !== "other");
    for (const { name, seen: same, withoutPreset } of possible)
      expect({ name, seen: seen[name] }).toEqual({ name, seen: withoutPreset ?? same });
  });
});

describe("the payload of an event has the same form (S4.5, S8)", () => {
  const payload = () => ({
    a: Buffer.from([0, 255]),
    b: [new Uint8Array([1])],
    at: new Date(0),
    n: Number.NaN,
  });
  const seen = { a: "AP8=", b: ["AQ=="], at: "1970-01-01T00:00:00.000Z", n: null };

  test.for(transports)(
    "from another node over $name, and from the gateway's own",
    async (transport, context) => {
      const network = await transport.open(context, ["gateway", "n1"]);
      const events = recorder<EventPacket>("event");
      let own: ServiceBroker | undefined;
      const broker = moleculer({
        ...network.optionsOf("gateway"),
        created: (created) => {
          own = created;
        },
      });
      onTestFinished(() => broker.stop());
      await broker.start({ ...ignoringSink, event: (event) => events.push(event) });
      const node = await createBus((id) => network.optionsOf(id)).node("n1", []);
      if (own !== undefined) refreshPeers(own);
      await node.waitForServices("$tidegate", 15_000, 50);
      await node.broadcast("other.sent", payload());
      await own?.broadcast("own.sent", payload());
      for (const name of ["other.sent", "own.sent"])
        expect(await events.waitFor(({ event }) => event === name)).toMatchObject({ payload: seen });
      await node.broadcast("whole.sent", new Uint8Array([7]));
      expect(await events.waitFor(({ event }) => event === "whole.sent")).toMatchObject({
        payload: Buffer.from([7]),
      });
    },
  );
});
