import { manualClock } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import { createSendHistory } from "../../../src/registry/reports/outbox.ts";

test("S10.2: a node does not receive an outcome again that it received last; other nodes do", () => {
  const history = createSendHistory(manualClock());
  expect(history.shouldSend("player", "n1", "served")).toBe(true);
  expect(history.shouldSend("player", "n1", "served")).toBe(false);
  expect(history.shouldSend("player", "n2", "served")).toBe(true);
  expect(history.shouldSend("team", "n1", "served")).toBe(true);
  expect(history.recipients("player")).toEqual(["n1", "n2"]);
  history.forget("player");
  expect(history.shouldSend("player", "n1", "served")).toBe(true);
});

test("S10.2: an error that was fixed is reported as fixed, also within the minute", () => {
  const history = createSendHistory(manualClock());
  const outcomes = ["served", "refused", "served"];
  expect(outcomes.map((outcome) => history.shouldSend("player", "n1", outcome))).toEqual([true, true, true]);
});

test("S10.2: a report that causes a change that causes a report stops for a minute", () => {
  const clock = manualClock();
  const history = createSendHistory(clock);
  let reports = 0;
  // The service alternates between two fragments, at each report.
  while (history.shouldSend("player", "n1", reports % 2 === 0 ? "a" : "b")) reports++;
  expect(reports).toBe(6);
  clock.advance(60_000);
  expect(history.shouldSend("player", "n1", "a")).toBe(true);
});

test("S10.2: the same where every change is a different one", () => {
  const clock = manualClock();
  const history = createSendHistory(clock);
  let reports = 0;
  while (history.shouldSend("player", "n1", `outcome ${reports}`)) reports++;
  expect(reports).toBe(20);
});

test("S10.2: the history is bounded", () => {
  const history = createSendHistory(manualClock());
  for (let index = 0; index < 3_000; index++) history.shouldSend("player", `n${index}`, "served");
  expect(history.recipients("player")).toHaveLength(1_000);
  for (let index = 0; index < 30_000; index++) history.shouldSend(`service ${index}`, "n", "served");
  expect(history.recipients("service 0")).toEqual([]);
  expect(history.recipients("service 29999")).toEqual(["n"]);
});
