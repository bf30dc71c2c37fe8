import type { Report } from "@tidegate/core-registry";
import { expect, test } from "vitest";
import { createPrinted } from "../src/printed.ts";

const said = (gateway: string, table: string, more: Partial<Report> = {}): Partial<Report> => ({
  gateway,
  service: "player",
  branch: "master",
  occasion: "merge",
  table,
  ...more,
});

/** What of these reports is printed. */
function printed(reports: readonly Partial<Report>[], isNews = createPrinted(() => 0).isNews): unknown[] {
  return reports.filter(isNews).map(({ table }) => table);
}

test("S10.1: three gateways that say the same, each in its own order, are printed once", () => {
  const one = ["served", "broken", "served"].map((table) => said("one", table));
  const two = one.map((report) => ({ ...report, gateway: "two" }));
  const three = one.map((report) => ({ ...report, gateway: "three" }));
  expect(printed([...one, ...two, ...three])).toEqual(["served", "broken", "served"]);
  const interleaved = one.flatMap((report, index) => [report, two[index] ?? {}, three[index] ?? {}]);
  expect(printed(interleaved)).toEqual(["served", "broken", "served"]);
});

test("S10.1: that a fault is mended is printed, also where the same was printed before it", () => {
  expect(printed([said("one", "served"), said("one", "broken"), said("one", "served")])).toEqual([
    "served",
    "broken",
    "served",
  ]);
});

test("S10.1: branches, services and what happened at run time are told apart", () => {
  const tables = [
    said("one", "served"),
    said("one", "served", { branch: "preview" }),
    said("one", "threw", { occasion: "runtime" }),
    said("one", "served"),
    said("one", "served", { service: "team" }),
  ];
  expect(printed(tables)).toEqual(["served", "served", "threw", "served"]);
});

test("S10.1: a gateway that comes later says again what is: printed only where it is not what was said last", () => {
  let now = 0;
  const { isNews } = createPrinted(() => now);
  expect(printed([said("one", "served"), said("one", "broken")], isNews)).toEqual(["served", "broken"]);
  now += 60_000;
  expect(printed([said("two", "broken")], isNews)).toEqual([]);
  expect(printed([said("three", "served")], isNews)).toEqual(["served"]);
});

test("what comes from outside is bounded, and may be anything", () => {
  const { isNews } = createPrinted(() => 0);
  expect(isNews({})).toBe(false);
  for (let at = 0; at < 1_000; at++) {
    expect(isNews(said("one", `${at}`))).toBe(true);
    expect(isNews(said("one", "served", { branch: `${at}` }))).toBe(true);
  }
  // The oldest were forgotten.
  expect(isNews(said("two", "0"))).toBe(true);
  expect(isNews(said("one", "served", { branch: "0" }))).toBe(true);
});
