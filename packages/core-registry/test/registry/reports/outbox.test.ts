import { manualClock } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import type { Broker } from "../../../src/contracts/broker.ts";
import { silentLogger } from "../../../src/contracts/logger.ts";
import type { Report } from "../../../src/contracts/report.ts";
import { createDelivery } from "../../../src/registry/reports/outbox.ts";
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
  const got: { readonly node: string; readonly to: string | undefined; readonly service: string }[] = [];
  const open: PromiseWithResolvers<void>[] = [];
  const state = { isSilent: false };
  const broker: Broker = {
    contract: 1,
    name: "test",
    start: async () => undefined,
    stop: async () => undefined,
    call: async () => undefined,
    report: (service, node, { to }) => {
      got.push({ node, to, service });
      if (!state.isSilent) return Promise.resolve();
      const answer = Promise.withResolvers<void>();
      open.push(answer);
      return answer.promise;
    },
  };
  const lines: string[] = [];
  const logger = { ...silentLogger, debug: (line: string) => void lines.push(line) };
  const delivery = createDelivery(clock, logger);
  const send = (to: string, node = "n1", service = "player"): void =>
    delivery.send(report({ to, service }), { broker, node });
  return { clock, got, open, state, broker, delivery, send, lines };
}

test("S10.2: a report goes at once, each node and service by itself", async () => {
  const { got, send } = setUp();
  send("v1");
  expect(got).toEqual([{ node: "n1", to: "v1", service: "player" }]);
  send("v1", "n2");
  send("v1", "n1", "team");
  await nextTurn();
  expect(got).toHaveLength(3);
});

test("S10.2: a burst is one report while another is under way, and one in three seconds after that", async () => {
  const { clock, got, send } = setUp();
  for (let index = 1; index <= 100; index++) send(`v${index}`);
  await nextTurn();
  expect(got.map(({ to }) => to)).toEqual(["v1", "v100"]);
  for (let index = 101; index <= 200; index++) {
    send(`v${index}`);
    await nextTurn();
  }
  expect(got.map(({ to }) => to)).toEqual(["v1", "v100", "v101"]);
  clock.advance(3_000);
  await nextTurn();
  expect(got.map(({ to }) => to)).toEqual(["v1", "v100", "v101", "v200"]);
});

test("S10.2: a node that does not answer has one report under way and costs nothing more; the others get theirs", async () => {
  const { clock, got, open, state, send, lines } = setUp();
  state.isSilent = true;
  for (let index = 0; index < 1_000; index++) send("v1", "n1", `service ${index}`);
  await nextTurn();
  expect(got).toHaveLength(1);
  expect(lines).toHaveLength(899);
  clock.advance(10_000);
  expect(lines).toHaveLength(999);
  send("v2");
  expect(got).toHaveLength(1);
  state.isSilent = false;
  send("v1", "n2");
  expect(got).toHaveLength(2);
  // Once it answers, it is told what comes from then on.
  open[0]?.resolve();
  await nextTurn();
  send("v3");
  expect(got.slice(2)).toEqual([{ node: "n1", to: "v3", service: "player" }]);
});

test("S10.2: a node that refuses a report is told the next one; a broker that cannot report is left alone", async () => {
  const { got, open, state, broker, delivery, send, lines } = setUp();
  state.isSilent = true;
  send("v1");
  open[0]?.reject(new Error("gone"));
  await nextTurn();
  send("v2");
  expect(got.map(({ to }) => to)).toEqual(["v1", "v2"]);
  expect(lines).toEqual(["Node n1 did not take the report for player."]);
  const { report: _, ...mute } = broker;
  delivery.send(report(), { broker: mute, node: "n1" });
});

test("S10.2: when all is told, nothing is left: no timer, and nothing after the end", async () => {
  const { clock, got, delivery, send } = setUp();
  send("v1");
  await nextTurn();
  clock.advance(3_000);
  expect(clock.pending).toBe(0);
  send("v2");
  delivery.stop();
  await nextTurn();
  expect(clock.pending).toBe(0);
  send("v3");
  expect(got.map(({ to }) => to)).toEqual(["v1", "v2"]);
});
