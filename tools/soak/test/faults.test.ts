import { expect, type TestContext, test } from "vitest";
import { killedNode, killedServer, networkFaults } from "../src/faults/fault.ts";
import { lineOf, passed, verdictOf } from "../src/faults/figures.ts";
import { missingNamespace, runInNamespace } from "../src/faults/namespace.ts";
import type { TransportName } from "../src/faults/place.ts";
import { type FaultResult, runFault, wrongWith } from "../src/faults/run.ts";
import { missingServer } from "../src/faults/server.ts";

test.for<TransportName>(["TCP", "NATS", "Redis"])(
  "a node killed under 200 calls a second on %s: no call hangs, none runs twice, and all is whole again (S9.7)",
  { timeout: 60_000 },
  async (transport, context) => {
    leaveOut(context, missingServer(transport));
    const result = await runFault(killedNode, transport, 1);
    expect(wrongWith(result)).toEqual([]);
    expect(
      Object.keys(result.failed).every((code) => ["ACTION_UNAVAILABLE", "CALL_TIMEOUT"].includes(code)),
    ).toBe(true);
  },
);

test.for<TransportName>(["NATS", "Redis"])(
  "%s killed and started again on its port: calls fail at once meanwhile, nothing comes twice, and all is whole again (S9.3)",
  { timeout: 60_000 },
  async (transport, context) => {
    leaveOut(context, missingServer(transport));
    const result = await runFault(killedServer, transport, 1);
    expect(wrongWith(result)).toEqual([]);
    const { BROKER_UNAVAILABLE: refused = 0, CALL_TIMEOUT: late = 0 } = result.failed;
    expect(refused).toBeGreaterThan(late);
  },
);

test("a node cut off in a network of its own: no call hangs, and all is whole again", async (context) => {
  leaveOut(context, missingNamespace() ?? missingServer("NATS"));
  const [fault] = networkFaults;
  const result = await runInNamespace({ fault: fault?.name ?? "", transport: "NATS", seed: 1 });
  expect(wrongWith(result)).toEqual([]);
}, 60_000);

const good: FaultResult = {
  fault: "node killed",
  transport: "TCP",
  seed: 1,
  ok: 100,
  failed: { CALL_TIMEOUT: 2 },
  hanging: 0,
  longest: 5_000,
  recovered: 10,
  found: true,
  events: true,
  twice: 0,
};

test.each<Partial<FaultResult>>([
  { ok: 0 },
  { hanging: 1 },
  { longest: 7_000 },
  { recovered: undefined },
  { found: false },
  { events: false },
  { twice: 1 },
])("a run fails by %o", (part) => {
  expect(passed({ results: [good], leftOut: [] })).toBe(true);
  const bad = { ...good, ...part };
  expect(passed({ results: [good, bad], leftOut: [] })).toBe(false);
  expect(lineOf(bad)).toContain("WRONG");
});

test("figures say what failed and what was left out", () => {
  expect(lineOf(good)).toMatch(/node killed +TCP +1 +100 +0 +5000 +10 +0 +2 CALL_TIMEOUT$/);
  expect(verdictOf({ results: [good], leftOut: ["server killed, NATS: nats-server is not installed"] })).toBe(
    "left out: server killed, NATS: nats-server is not installed\n1 runs, 0 of them wrong",
  );
  expect(passed({ results: [], leftOut: ["all"] })).toBe(false);
});

/** Leaves a test out where something is missing. With CI set, servers must be there; a network of one's own need not be granted. */
function leaveOut(context: TestContext, missing: string | undefined): void {
  if (missing === undefined) return;
  if (missing.includes("server is not installed")) expect(process.env.CI, missing).toBeFalsy();
  context.skip(missing);
}
