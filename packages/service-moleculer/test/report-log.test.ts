import type { Report } from "@tidegate/fragment";
import { expect, test } from "vitest";
import { ReportLog } from "../src/service/mixin.ts";

const report = (gateway: string, table: string, more: Partial<Report> = {}): Partial<Report> => ({
  gateway,
  service: "player",
  branch: "master",
  occasion: "merge",
  table,
  ...more,
});

/** The tables of the reports that a log accepts. */
function logged(reports: readonly Partial<Report>[], log = new ReportLog(() => 0)): unknown[] {
  return reports.filter((given) => log.shouldLog(given)).map(({ table }) => table);
}

test("S10.1: the same reports of three gateways, each in its own order, are logged once", () => {
  const one = ["served", "broken", "served"].map((table) => report("one", table));
  const two = one.map((given) => ({ ...given, gateway: "two" }));
  const three = one.map((given) => ({ ...given, gateway: "three" }));
  expect(logged([...one, ...two, ...three])).toEqual(["served", "broken", "served"]);
  const interleaved = one.flatMap((given, index) => [given, two[index] ?? {}, three[index] ?? {}]);
  expect(logged(interleaved)).toEqual(["served", "broken", "served"]);
});

test("S10.1: the report after a fault is fixed is logged, even if it equals the one before the fault", () => {
  const reports = [report("one", "served"), report("one", "broken"), report("one", "served")];
  expect(logged(reports)).toEqual(["served", "broken", "served"]);
});

test("S10.1: branches, services and reports about run time are independent of each other", () => {
  const reports = [
    report("one", "served"),
    report("one", "served", { branch: "preview" }),
    report("one", "threw", { occasion: "runtime" }),
    report("one", "served"),
    report("one", "served", { service: "team" }),
  ];
  expect(logged(reports)).toEqual(["served", "served", "threw", "served"]);
});

test("S10.1: the report of a later gateway is logged only if it differs from the last one", () => {
  let now = 0;
  const log = new ReportLog(() => now);
  expect(logged([report("one", "served"), report("one", "broken")], log)).toEqual(["served", "broken"]);
  now += 60_000;
  expect(logged([report("two", "broken")], log)).toEqual([]);
  expect(logged([report("three", "served")], log)).toEqual(["served"]);
});

test("the memory is bounded, and a report without a table is ignored", () => {
  const log = new ReportLog(() => 0);
  expect(log.shouldLog({})).toBe(false);
  for (let index = 0; index < 1_000; index++) {
    expect(log.shouldLog(report("one", `${index}`))).toBe(true);
    expect(log.shouldLog(report("one", "served", { branch: `${index}` }))).toBe(true);
  }
  // The oldest entries were removed.
  expect(log.shouldLog(report("two", "0"))).toBe(true);
  expect(log.shouldLog(report("one", "served", { branch: "0" }))).toBe(true);
});
