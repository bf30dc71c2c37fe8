import { expect, test } from "vitest";
import { figuresOf } from "../src/swap/figures.ts";
import { changeKinds, countOf, stageOf } from "../src/swap/stages.ts";
import { runSwap, type SwapResult } from "../src/swap/swap.ts";
import { followTicks } from "../src/swap/tick-count.ts";
import { faultsOf, keepsPace, movementOf } from "../src/swap/verdict.ts";

test("20 changes of every kind over TCP, under load, with open sockets: nothing failed, lost or closed that S6.4 does not close (S9)", async () => {
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
  expect(faultsOf(result)).toEqual([]);
  expect(result.seen).toBe(20);
  expect(Object.keys(result.changeMs).sort()).toEqual([...changeKinds].sort());
  expect(changing.requests).toBeGreaterThan(100);
  expect(subscribed.events).toBeGreaterThan(20);
  expect(subscribed.retired).toBeGreaterThan(0);
}, 120_000);

test("every kind of change comes in turn, and what is published differs from what was before", () => {
  const kinds = Array.from({ length: 20 }, (_, index) => stageOf(index + 1).kind);
  expect(kinds).toEqual([...changeKinds, ...changeKinds]);
  for (let change = 1; change <= 40; change++)
    if (stageOf(change).kind !== "node")
      expect(JSON.stringify(stageOf(change).api)).not.toBe(JSON.stringify(stageOf(change - 1).api));
  expect(changeKinds.map((kind) => countOf(kind, 13))).toEqual([2, 2, 2, 1, 1, 1, 1, 1, 1, 1]);
});

test("what is broken changes nothing that clients see", () => {
  expect(stageOf(10)).toMatchObject({ kind: "broken", probes: stageOf(9).probes });
  expect(stageOf(11).probes).not.toEqual(stageOf(10).probes);
});

test("events that are missing between the first and the last are lost; those that come again are not in order", () => {
  const ticks = followTicks();
  const [one, two] = [ticks.listener(), ticks.listener()];
  for (const tick of [3, 4, 6, 7]) one(tick);
  for (const tick of [5, 5, 6]) two(tick);
  expect(ticks.counts(7)).toEqual({
    events: 7,
    lost: 2,
    disordered: 1,
    gaps: ["events 5 to 5 did not come"],
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

test("a run passes where every count is as it should be", () => {
  expect(faultsOf(good)).toEqual([]);
});

test.for<[string, Partial<SwapResult>, string]>([
  ["a request that failed", { changing: { ...load, failed: 1 } }, "1 requests failed"],
  ["an answer that was wrong", { changing: { ...load, wrong: 1 } }, "1 answers were wrong"],
  ["a wrong answer before any change", { quiet: { ...load, wrong: 1 } }, "1 answers were wrong"],
  ["a change that was not seen", { seen: 999 }, "1 changes were not seen"],
  ["a steady socket closed", { subscribed: { ...subscribed, steadyClosed: 1 } }, "1 sockets were closed for"],
  ["another code", { subscribed: { ...subscribed, changingClosed: 1 } }, "another code than 1012"],
  ["more closed than had to be", { subscribed: { ...subscribed, retired: 5 } }, "at most 4 had to be"],
  ["none closed that had to be", { subscribed: { ...subscribed, retired: 0 } }, "no socket was closed"],
  ["an event lost", { subscribed: { ...subscribed, lost: 1 } }, "1 events were lost"],
  ["an event twice", { subscribed: { ...subscribed, disordered: 1 } }, "1 events came twice"],
  [
    "a heap that grows",
    {
      heap: [
        { change: 500, bytes: 100e6 },
        { change: 1_000, bytes: 106e6 },
      ],
    },
    "the heap grew by 6.0 %",
  ],
])("a run fails by %s", ([, parts, fault]) => {
  expect(faultsOf({ ...good, ...parts }).join()).toContain(fault);
});

test("the heap's trend is the line of least squares", () => {
  const { growth, slope, trend } = movementOf(good.heap);
  expect([growth, slope, trend].map((number) => Number(number.toFixed(4)))).toEqual([0.01, 2_000, 0.01]);
  expect(movementOf([{ change: 0, bytes: 1 }])).toEqual({ growth: 0, slope: 0, trend: 0 });
});

test("a run that is slow is told, and does not fail by it", () => {
  const slow = { ...good, changing: { ...load, p99: 5 } };
  expect([keepsPace(good), keepsPace(slow), faultsOf(slow)]).toEqual([true, false, []]);
  expect(figuresOf(slow)).toContain("the aim is missed");
});

test("figures show what went wrong", () => {
  const text = figuresOf({ ...good, changing: { ...load, wrong: 1, faults: ["GET /: 503"] } });
  expect(text).toMatch(/wrong +0 +1/);
  expect(text).toContain("GET /: 503");
});
