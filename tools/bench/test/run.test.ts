import { expect, test } from "vitest";
import { graphqlBenchmark } from "../src/graphql/benchmark.ts";
import { median } from "../src/harness/statistics.ts";
import { type Measured, resultsOf, runBenchmark, tableOf } from "../src/index.ts";
import { restBenchmark } from "../src/rest/benchmark.ts";

const quick = { rounds: 1, seconds: 0.1, connections: 2, progress: () => undefined };

test("the benchmark `rest` checks and measures every contender", async () => {
  const measured = await runBenchmark(restBenchmark, quick);
  const works = ["get", "post", "get-map", "get-scope", "get-remote"];
  const who = ["tidegate", "node-moleculer", "h3-moleculer", "fastify-moleculer", "moleculer-web"];
  expect(measured.map((each) => `${each.work} ${each.who}`)).toEqual(
    works.flatMap((work) => who.map((each) => `${work} ${each}`)),
  );
  for (const { rate, cpu } of measured) {
    expect(rate).toBeGreaterThan(0);
    expect(cpu).toBeGreaterThan(0);
  }
}, 120_000);

test("the benchmark `graphql` checks and measures every contender", async () => {
  const measured = await runBenchmark(graphqlBenchmark, quick);
  const who = ["tidegate", "mercurius-jit", "mercurius", "yoga"];
  expect(measured.map((each) => `${each.work} ${each.who}`)).toEqual(
    ["one", "list-100"].flatMap((work) => who.map((each) => `${work} ${each}`)),
  );
});

test("nothing is measured if a response is not the expected one", async () => {
  const [work] = restBenchmark.works;
  if (work === undefined) throw new Error("There is no work.");
  const other = { ...work, request: { ...work.request, expected: { status: 200, body: "other" } } };
  const one = { ...restBenchmark, works: [other], contenders: restBenchmark.contenders.slice(1, 2) };
  await expect(runBenchmark(one, quick)).rejects.toThrow("node-moleculer gave an unexpected response");
});

test("an unknown work is refused", async () => {
  await expect(runBenchmark(restBenchmark, { ...quick, only: "got" })).rejects.toThrow("Known works: get");
});

const measured: Measured[] = [
  { work: "get", who: "ours", rate: 3000, cpu: 10, p50: 1, p99: 2 },
  { work: "get", who: "theirs", rate: 2000, cpu: 20, p50: 1, p99: 2 },
];

test("ratios are our value divided by theirs", () => {
  expect(resultsOf(measured, "ours")).toEqual([
    { work: "get", who: "ours", value: 3000, unit: "requests/s", ratio: 1 },
    { work: "get", who: "theirs", value: 2000, unit: "requests/s", ratio: 1.5 },
  ]);
  expect(tableOf(measured, "ours")).toMatch(/theirs +2,000 +1\.50 +20\.0 +0\.50/);
});

test("the median of the numbers", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN]);
});
