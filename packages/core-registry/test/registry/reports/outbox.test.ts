import { manualClock } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import type { Broker } from "../../../src/contracts/broker.ts";
import { silentLogger } from "../../../src/contracts/logger.ts";
import type { Report } from "../../../src/contracts/report.ts";
import { createOutbox } from "../../../src/registry/reports/outbox.ts";
import { withTable } from "../../../src/registry/reports/table.ts";
import { nextTurn } from "./turn.ts";

const report = (parts: Partial<Report> = {}): Report =>
  withTable({
    contract: 1,
    gateway: "gateway-1",
    service: "player",
    branch: "master",
    occasion: "merge",
    state: "succeeded",
    changes: [],
    findings: [],
    console: [],
    urls: [],
    ...parts,
  });

function setUp() {
  const clock = manualClock();
  const received: { readonly node: string; readonly to: string | undefined; readonly service: string }[] = [];
  const open: PromiseWithResolvers<void>[] = [];
  const state = { isUnresponsive: false };
  const broker: Broker = {
    contract: 2,
    name: "test",
    start: async () => undefined,
    stop: async () => undefined,
    call: async () => undefined,
    report: (service, node, { to }) => {
      received.push({ node, to, service });
      if (!state.isUnresponsive) return Promise.resolve();
      const answer = Promise.withResolvers<void>();
      open.push(answer);
      return answer.promise;
    },
  };
  const lines: string[] = [];
  const logger = { ...silentLogger, debug: (line: string) => void lines.push(line) };
  const outbox = createOutbox(clock, logger);
  const send = (to: string, node = "n1", service = "player"): void =>
    outbox.send(report({ to, service }), { broker, node });
  return { clock, received, open, state, broker, outbox, send, lines };
}

test("S10.2: a report is sent at once, each node and service independently", async () => {
  const { received, send } = setUp();
  send("v1");
  expect(received).toEqual([{ node: "n1", to: "v1", service: "player" }]);
  send("v1", "n2");
  send("v1", "n1", "team");
  await nextTurn();
  expect(received).toHaveLength(3);
});

test("S10.2: a burst becomes one report, then one every three seconds", async () => {
  const { clock, received, send } = setUp();
  for (let index = 1; index <= 100; index++) send(`v${index}`);
  await nextTurn();
  expect(received.map(({ to }) => to)).toEqual(["v1", "v100"]);
  for (let index = 101; index <= 200; index++) {
    send(`v${index}`);
    await nextTurn();
  }
  expect(received.map(({ to }) => to)).toEqual(["v1", "v100", "v101"]);
  clock.advance(3_000);
  await nextTurn();
  expect(received.map(({ to }) => to)).toEqual(["v1", "v100", "v101", "v200"]);
});

test("S10.2: a node that does not respond has one report in flight; other nodes receive theirs", async () => {
  const { clock, received, open, state, send, lines } = setUp();
  state.isUnresponsive = true;
  for (let index = 0; index < 1_000; index++) send("v1", "n1", `service ${index}`);
  await nextTurn();
  expect(received).toHaveLength(1);
  expect(lines).toHaveLength(899);
  clock.advance(10_000);
  expect(lines).toHaveLength(999);
  send("v2");
  expect(received).toHaveLength(1);
  state.isUnresponsive = false;
  send("v1", "n2");
  expect(received).toHaveLength(2);
  // Once it responds, it receives the reports from then on.
  open[0]?.resolve();
  await nextTurn();
  send("v3");
  expect(received.slice(2)).toEqual([{ node: "n1", to: "v3", service: "player" }]);
});

test("S10.2: a node that rejects a report receives the next; a broker needs `report`", async () => {
  const { received, open, state, broker, outbox, send, lines } = setUp();
  state.isUnresponsive = true;
  send("v1");
  open[0]?.reject(new Error("gone"));
  await nextTurn();
  send("v2");
  expect(received.map(({ to }) => to)).toEqual(["v1", "v2"]);
  expect(lines).toEqual(["The report on service player was not delivered to node n1."]);
  const { report: _, ...withoutReport } = broker;
  outbox.send(report(), { broker: withoutReport, node: "n1" });
});

test("S10.2: no timer is left when everything is sent, and nothing is sent after `stop`", async () => {
  const { clock, received, outbox, send } = setUp();
  send("v1");
  await nextTurn();
  clock.advance(3_000);
  expect(clock.pending).toBe(0);
  send("v2");
  outbox.stop();
  await nextTurn();
  expect(clock.pending).toBe(0);
  send("v3");
  expect(received.map(({ to }) => to)).toEqual(["v1", "v2"]);
});
