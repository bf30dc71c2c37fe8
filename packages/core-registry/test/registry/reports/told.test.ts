import { manualClock } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import { createTold } from "../../../src/registry/reports/outbox.ts";

test("S10.2: nobody is told again what they were told last; others are", () => {
  const told = createTold(manualClock());
  expect(told.isNews("player", "n1", "served")).toBe(true);
  expect(told.isNews("player", "n1", "served")).toBe(false);
  expect(told.isNews("player", "n2", "served")).toBe(true);
  expect(told.isNews("team", "n1", "served")).toBe(true);
  expect(told.listeners("player")).toEqual(["n1", "n2"]);
  told.forget("player");
  expect(told.isNews("player", "n1", "served")).toBe(true);
});

test("S10.2: a fault that was mended is told as mended, also within the minute", () => {
  const told = createTold(manualClock());
  const outcomes = ["served", "refused", "served"];
  expect(outcomes.map((outcome) => told.isNews("player", "n1", outcome))).toEqual([true, true, true]);
});

test("S10.2: a report that makes a change that makes a report ends, and begins anew after a minute", () => {
  const clock = manualClock();
  const told = createTold(clock);
  let reports = 0;
  // The service changes to and fro for as long as it is told of it.
  while (told.isNews("player", "n1", reports % 2 === 0 ? "a" : "b")) reports++;
  expect(reports).toBe(6);
  clock.advance(60_000);
  expect(told.isNews("player", "n1", "a")).toBe(true);
});

test("S10.2: the same where every change is another one", () => {
  const clock = manualClock();
  const told = createTold(clock);
  let reports = 0;
  while (told.isNews("player", "n1", `outcome ${reports}`)) reports++;
  expect(reports).toBe(20);
});

test("S10.2: what is remembered is bounded", () => {
  const told = createTold(manualClock());
  for (let index = 0; index < 3_000; index++) told.isNews("player", `n${index}`, "served");
  expect(told.listeners("player")).toHaveLength(1_000);
  for (let index = 0; index < 30_000; index++) told.isNews(`service ${index}`, "n", "served");
  expect(told.listeners("service 0")).toEqual([]);
  expect(told.listeners("service 29999")).toEqual(["n"]);
});
