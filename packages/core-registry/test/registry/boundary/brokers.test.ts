import { callScope, manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { Broker, BrokerSink } from "../../../src/contracts/broker.ts";
import { defineBroker } from "../../../src/contracts/define-plugin.ts";
import { createFailureLog } from "../../../src/runtime/boundary/guard.ts";
import { createLoadTools } from "../../../src/runtime/boundary/lifecycle.ts";
import { loadBroker } from "../../../src/runtime/boundary/load-broker.ts";
import { setUpPlugins } from "./kit.ts";

/** Values that the types forbid: plugins in JavaScript return them all the same. */
const wrong = (value: unknown) => value as never;
const throwing = (): never => {
  throw new Error("boom");
};
const never = (): Promise<never> => new Promise(() => undefined);

const quiet = { start: async () => undefined, stop: async () => undefined, call: async () => 1 };

function loaded(broken: Partial<Broker>) {
  const clock = manualClock();
  const lines: string[] = [];
  const log = (message: string): void => void lines.push(message);
  const logger = { debug: log, info: log, warn: log, error: log };
  const tools = createLoadTools({ clock, limitMs: 10_000 }, createFailureLog(logger, clock));
  return { clock, lines, broker: loadBroker(defineBroker({ name: "queue", ...quiet, ...broken }), tools) };
}

describe("S17, S13: a broker that fails", () => {
  test.each<readonly [kind: string, call: Broker["call"], reason: string]>([
    ["throws", throwing, "boom"],
    ["rejects with no TidegateError", () => Promise.reject(new Error("boom")), "boom"],
    ["returns no promise", () => wrong(7), "it returned no promise"],
  ])("call %s: the call fails and names the broker", async (_, call, reason) => {
    const { broker } = loaded({ call });
    const failed = broker.call(callScope(), { action: "a.b", params: {} });
    await expect(failed).rejects.toMatchObject({ code: "PLUGIN_FAILED", status: 500 });
    await expect(failed).rejects.toThrow("The broker plugin 'queue' failed in 'call'");
    await expect(failed).rejects.toThrow(reason);
  });

  test.each<readonly [kind: string, health: Broker["health"]]>([
    ["throws", throwing],
    ["returns nothing", () => wrong(undefined)],
    ["returns an unknown state", () => wrong({ state: "fine" })],
  ])("health %s: the broker counts as failed, and the log names it", (_, health) => {
    const { broker, lines } = loaded({ ...(health && { health }) });
    expect(broker.health?.()).toMatchObject({ state: "failed" });
    expect(lines.join("\n")).toContain("The broker plugin 'queue' failed in 'health'");
  });

  test("stop, report and peers that never settle are given up after the limit", async () => {
    const { broker, clock, lines } = loaded({
      stop: never,
      report: never,
      peers: { handle: () => undefined, request: never },
    });
    const report = broker.report?.("one", "n1", wrong({}));
    const stop = broker.stop();
    const peers = broker.peers?.request("ledger", {}, 1_000);
    clock.advance(11_000);
    await expect(report).rejects.toThrow("'report': it did not finish within 10 seconds");
    await expect(stop).rejects.toThrow("'stop': it did not finish within 10 seconds");
    expect(await peers).toEqual([]);
    expect(lines.join("\n")).toContain("'peers.request': it did not finish");
  });

  test("peers that reject or return no list answer nothing", async () => {
    for (const request of [
      throwing,
      () => Promise.reject(new Error("boom")),
      () => wrong(Promise.resolve("x")),
    ]) {
      const { broker } = loaded({ peers: { handle: () => undefined, request } });
      expect(await broker.peers?.request("ledger", {}, 10)).toEqual([]);
    }
  });

  test.each<readonly [kind: string, tell: (sink: BrokerSink) => void]>([
    ["no service", (sink) => sink.serviceUp(wrong({}), { id: "n1" })],
    ["null", (sink) => sink.serviceUp(wrong(null), wrong(null))],
    ["no node", (sink) => sink.serviceUp({ name: "a", actions: [], events: [] }, wrong({}))],
    [
      "actions of a wrong type",
      (sink) => sink.serviceUp({ name: "a", actions: wrong({}), events: [] }, { id: "n1" }),
    ],
    [
      "an action without name",
      (sink) => sink.serviceUp({ name: "a", actions: [wrong({})], events: [] }, { id: "n1" }),
    ],
    [
      "events of a wrong type",
      (sink) => sink.serviceUp({ name: "a", actions: [], events: wrong("e") }, { id: "n1" }),
    ],
    [
      "a revision that is a text",
      (sink) => sink.serviceUp({ name: "a", actions: [], events: [], revision: wrong("1") }, { id: "n1" }),
    ],
    ["the end of no service", (sink) => sink.serviceDown(wrong(undefined), wrong(undefined), "left")],
    ["no event", (sink) => sink.event(wrong(undefined))],
    ["an event without name", (sink) => sink.event(wrong({ payload: 1 }))],
  ])(
    "reports %s: it is logged with the broker's name, and the other services are served",
    async (_, tell) => {
      const bus = memoryBroker({ clock: manualClock() });
      let sink: BrokerSink | undefined;
      const { registry, lines } = await setUpPlugins({
        brokers: [
          {
            ...bus.broker,
            start: async (given) => {
              sink = given;
              await bus.broker.start(given);
            },
          },
        ],
      });
      if (sink !== undefined) tell(sink);
      bus.node("n2").publish({ name: "good", fragment: { protocol: { Paths: { paths: ["/good"] } } } });
      await registry.settled();
      const { version } = registry.find("master", undefined);
      expect(version?.endpoints.map(({ label }) => label)).toEqual(["GET /good"]);
      expect(lines.join("\n")).toContain("The broker plugin 'memory' failed in 'sink.");
    },
  );
});
