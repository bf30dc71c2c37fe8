import { expect, test } from "vitest";
import { figuresOf } from "../src/swap/figures.ts";
import { changeKinds, countOf, stageOf } from "../src/swap/stages.ts";
import { runSwap, type SwapResult } from "../src/swap/swap.ts";
import { followTicks } from "../src/swap/tick-count.ts";
import { failuresOf, heapGrowthOf, meetsLatencyTarget } from "../src/swap/verdict.ts";

test("S6.4, S9: 20 changes under load lose nothing, and close only the right sockets", async () => {
  const result = await runSwap({ changes: 20, quietSeconds: 0.5, connections: 4, sockets: 2 });
  const { quiet, changing, subscribed } = result;
  expect(changing).toMatchObject({ failed: 0, wrong: 0, faults: [] });
  expect(quiet).toMatchObject({ failed: 0, wrong: 0, faults: [] });
  expect(subscribed).toMatchObject({
    steady: 4,
    steadyClosed: 0,
    lost: 0,
    disordered: 0,
    changing: 4,
    changingClosed: 0,
    faults: [],
  });
  expect(failuresOf(result)).toEqual([]);
  expect(result.seen).toBe(20);
  expect(Object.keys(result.changeMs).sort()).toEqual([...changeKinds].sort());
  expect(changing.requests).toBeGreaterThan(100);
  expect(subscribed.events).toBeGreaterThan(20);
  expect(subscribed.retired).toBeGreaterThan(0);
}, 120_000);

test("all kinds of changes take turns, and each fragment differs from the previous one", () => {
  const kinds = Array.from({ length: 20 }, (_, index) => stageOf(index + 1).kind);
  expect(kinds).toEqual([...changeKinds, ...changeKinds]);
  for (let change = 1; change <= 40; change++)
    if (stageOf(change).kind !== "node")
      expect(JSON.stringify(stageOf(change).api)).not.toBe(JSON.stringify(stageOf(change - 1).api));
  expect(changeKinds.map((kind) => countOf(kind, 13))).toEqual([2, 2, 2, 1, 1, 1, 1, 1, 1, 1]);
});

test("an invalid fragment has the probes of the previous stage", () => {
  expect(stageOf(10)).toMatchObject({ kind: "broken", probes: stageOf(9).probes });
  expect(stageOf(11).probes).not.toEqual(stageOf(10).probes);
});

test("missing events count as lost, repeated events as out of order", () => {
  const ticks = followTicks();
  const [one, two] = [ticks.listener(), ticks.listener()];
  for (const tick of [3, 4, 6, 7]) one(tick);
  for (const tick of [5, 5, 6]) two(tick);
  expect(ticks.counts(7)).toEqual({
    events: 7,
    lost: 2,
    disordered: 1,
    gaps: ["events 5 to 5 did not arrive"],
  });
});

const load = { requests: 200, failed: 0, wrong: 0, faults: [], seconds: 2, p50: 1, p99: 2, max: 3 };
const good: SwapResult = {
  changes: 1_000,
  seen: 1_000,
  changeMs: { type: 50 },
  quiet: load,
  changing: load,
  subscribed: {
    steady: 4,
    steadyClosed: 0,
    events: 100,
    lost: 0,
    disordered: 0,
    changing: 4,
    retired: 4,
    changingClosed: 0,
    faults: [],
  },
  mayRetire: 4,
  heap: [
    { change: 500, bytes: 100e6 },
    { change: 750, bytes: 102e6 },
    { change: 1_000, bytes: 101e6 },
  ],
};
const { subscribed } = good;

test("a run without failures passes", () => {
  expect(failuresOf(good)).toEqual([]);
});

test.for<[string, Partial<SwapResult>, string]>([
  ["a failed request", { changing: { ...load, failed: 1 } }, "1 requests failed"],
  ["a wrong response", { changing: { ...load, wrong: 1 } }, "1 responses were wrong"],
  ["a wrong response before the first change", { quiet: { ...load, wrong: 1 } }, "1 responses were wrong"],
  ["a change that was not served", { seen: 999 }, "1 changes were not served"],
  [
    "a closed steady socket",
    { subscribed: { ...subscribed, steadyClosed: 1 } },
    "1 sockets were closed without",
  ],
  ["another code", { subscribed: { ...subscribed, changingClosed: 1 } }, "another code than 1012"],
  ["too many closed sockets", { subscribed: { ...subscribed, retired: 5 } }, "at most 4 were expected"],
  ["no closed socket", { subscribed: { ...subscribed, retired: 0 } }, "no socket was closed"],
  ["a lost event", { subscribed: { ...subscribed, lost: 1 } }, "1 events were lost"],
  ["a repeated event", { subscribed: { ...subscribed, disordered: 1 } }, "1 events arrived twice"],
  [
    "a growing heap",
    {
      heap: [
        { change: 500, bytes: 100e6 },
        { change: 1_000, bytes: 106e6 },
      ],
    },
    "the heap grew by 6.0 %",
  ],
])("a run fails by %s", ([, parts, failure]) => {
  expect(failuresOf({ ...good, ...parts }).join()).toContain(failure);
});

test("the trend of the heap is a linear regression", () => {
  const { growth, slope, trend } = heapGrowthOf(good.heap);
  expect([growth, slope, trend].map((number) => Number(number.toFixed(4)))).toEqual([0.01, 2_000, 0.01]);
  expect(heapGrowthOf([{ change: 0, bytes: 1 }])).toEqual({ growth: 0, slope: 0, trend: 0 });
});

test("a slow run misses a target, but does not fail", () => {
  const slow = { ...good, changing: { ...load, p99: 5 } };
  expect([meetsLatencyTarget(good), meetsLatencyTarget(slow), failuresOf(slow)]).toEqual([true, false, []]);
  expect(figuresOf(slow)).toContain("target missed");
});

test("figures show wrong responses", () => {
  const text = figuresOf({ ...good, changing: { ...load, wrong: 1, faults: ["GET /: 503"] } });
  expect(text).toMatch(/wrong +0 +1/);
  expect(text).toContain("GET /: 503");
});
