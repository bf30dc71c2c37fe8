import { expect, test } from "vitest";
import { figureResults, figureTable, mediansOf } from "../src/harness/figures.ts";
import { percentile } from "../src/harness/statistics.ts";
import { runRegistry } from "../src/registry/benchmark.ts";

const small = { changes: 4, rounds: 1, base: 3, progress: () => undefined };

test("S9.3, S9.5: the benchmark `registry` measures changes of 3 services", async () => {
  const figures = await runRegistry({ ...small, only: "n-3" });
  const named = (who: string): string[] =>
    figures.filter((figure) => figure.who === who).map(({ what }) => what);
  expect(named("tidegate")).toEqual(
    expect.arrayContaining([
      "cold start",
      "change p50",
      "change p99",
      "change of a route p99",
      "change of a type p99",
      "longest step",
      "idle, longest step",
      "loop delay p99.9",
      "idle, loop delay p99.9",
      "yardstick: a schema of everything anew",
      "a version that is kept",
    ]),
  );
  expect(named("tidegate, routes alone")).toEqual(
    expect.arrayContaining(["cold start", "change p99", "longest step"]),
  );
  for (const { what, value } of figures) expect(value, what).not.toBeNaN();
  const value = (what: string): number =>
    figures.find((figure) => figure.who === "tidegate" && figure.what === what)?.value ?? Number.NaN;
  expect(value("change p99")).toBeGreaterThanOrEqual(value("change p50"));
  expect(value("longest step")).toBeGreaterThan(0);
}, 60_000);

test("S9.5: the benchmark `registry` measures 4 branches of 3 services", async () => {
  const figures = await runRegistry({ ...small, only: "branches-4" });
  expect(new Set(figures.map(({ work }) => work))).toEqual(new Set(["branches-4 of 3"]));
  expect(figures.map(({ what }) => what)).toEqual(
    expect.arrayContaining([
      "until all branches are there",
      "change of master p99",
      "first request on a branch p99",
      "resident memory",
    ]),
  );
  for (const { what, value } of figures) expect(value, what).not.toBeNaN();
}, 60_000);

test("an unknown work is refused", async () => {
  await expect(runRegistry({ ...small, only: "m-3" })).rejects.toThrow("Known works: n-10, n-100, n-1000");
});

const figure = { work: "n-3", who: "tidegate", what: "change p99", value: 40, unit: "ms", target: 20 };

test("the ratio of a figure is its target divided by its value", () => {
  const { target: _, ...untargeted } = figure;
  expect(figureResults([figure, { ...untargeted, what: "cold start" }])).toEqual([
    { work: "n-3 change p99", who: "tidegate", value: 40, unit: "ms", ratio: 0.5 },
    { work: "n-3 cold start", who: "tidegate", value: 40, unit: "ms", ratio: null },
  ]);
  expect(figureTable([figure])).toMatch(/change p99 +40 +ms +target 20 ms, missed/);
  expect(figureTable([{ ...figure, value: 10 }])).toMatch(/target 20 ms$/);
});

test("several rounds are combined to the median of each figure", () => {
  const rounds = [10, 30, 20].map((value) => [
    { ...figure, value },
    { ...figure, what: "cold start" },
  ]);
  expect(mediansOf(rounds)).toEqual([
    { ...figure, value: 20 },
    { ...figure, what: "cold start" },
  ]);
});

test("a percentile is one of the numbers", () => {
  const numbers = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect([percentile(numbers, 50), percentile(numbers, 99), percentile([7], 99)]).toEqual([100, 198, 7]);
  expect(percentile([], 50)).toBeNaN();
});
