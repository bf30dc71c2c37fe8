import { expect, test } from "vitest";
import { figuresOf } from "../src/swap/figures.ts";
import { passed, runSwap } from "../src/swap/swap.ts";

test("10 changes over TCP, under load: 0 failed, 0 wrong, every change seen (S9)", async () => {
  const result = await runSwap({ changes: 10, quietSeconds: 0.5, connections: 4 });
  expect(result.changing).toMatchObject({ failed: 0, wrong: 0, faults: [] });
  expect(result.quiet).toMatchObject({ failed: 0, wrong: 0, faults: [] });
  expect(result.seen).toBe(10);
  expect(result.changing.requests).toBeGreaterThan(100);
  expect(passed(result)).toBe(true);
}, 60_000);

const load = { requests: 200, failed: 0, wrong: 0, faults: [], seconds: 2, p50: 1, p99: 2, max: 3 };
const good = { changes: 10, seen: 10, changeMs: 50, quiet: load, changing: load };

test("a run fails by one request that failed or was wrong, or by one change that was not seen", () => {
  expect(passed(good)).toBe(true);
  expect(passed({ ...good, changing: { ...load, failed: 1 } })).toBe(false);
  expect(passed({ ...good, changing: { ...load, wrong: 1 } })).toBe(false);
  expect(passed({ ...good, quiet: { ...load, wrong: 1 } })).toBe(false);
  expect(passed({ ...good, seen: 9 })).toBe(false);
});

test("figures show what went wrong", () => {
  const text = figuresOf({ ...good, changing: { ...load, wrong: 1, faults: ["GET /: 503"] } });
  expect(text).toMatch(/wrong +0 +1/);
  expect(text).toContain("GET /: 503");
});
