import { expect, type TestContext, test } from "vitest";
import { killedNode, killedServer, networkFaults } from "../src/faults/fault.ts";
import { lineOf, passed, verdictOf } from "../src/faults/figures.ts";
import { namespaceProblem, runInNamespace } from "../src/faults/namespace.ts";
import type { TransportName } from "../src/faults/network.ts";
import { type FaultResult, failuresOf, runFault } from "../src/faults/run.ts";
import { serverProblem } from "../src/faults/server.ts";

test.for<TransportName>(["TCP", "NATS", "Redis"])(
  "S9.7: after a node is killed on %s, no call hangs or runs twice, and all calls recover",
  { timeout: 60_000 },
  async (transport, context) => {
    skipIf(context, serverProblem(transport));
    const result = await runFault(killedNode, transport, 1);
    expect(failuresOf(result)).toEqual([]);
    expect(
      Object.keys(result.failed).every((code) => ["ACTION_UNAVAILABLE", "CALL_TIMEOUT"].includes(code)),
    ).toBe(true);
  },
);

test.for<TransportName>(["NATS", "Redis"])(
  "S9.3: while %s is down, calls fail at once; after its restart they recover without duplicates",
  { timeout: 60_000 },
  async (transport, context) => {
    skipIf(context, serverProblem(transport));
    const result = await runFault(killedServer, transport, 1);
    expect(failuresOf(result)).toEqual([]);
    const { BROKER_UNAVAILABLE: refused = 0, CALL_TIMEOUT: late = 0 } = result.failed;
    expect(refused).toBeGreaterThan(late);
  },
);

test("no call hangs after a node is disconnected in a network namespace", async (context) => {
  skipIf(context, namespaceProblem() ?? serverProblem("NATS"));
  const [fault] = networkFaults;
  const result = await runInNamespace({ fault: fault?.name ?? "", transport: "NATS", seed: 1 });
  expect(failuresOf(result)).toEqual([]);
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
  expect(passed({ results: [good], skipped: [] })).toBe(true);
  const bad = { ...good, ...part };
  expect(passed({ results: [good, bad], skipped: [] })).toBe(false);
  expect(lineOf(bad)).toContain("FAILED");
});

test("figures show failed calls and skipped faults", () => {
  expect(lineOf(good)).toMatch(/node killed +TCP +1 +100 +0 +5000 +10 +0 +2 CALL_TIMEOUT$/);
  expect(verdictOf({ results: [good], skipped: ["server killed, NATS: nats-server is not installed"] })).toBe(
    "skipped: server killed, NATS: nats-server is not installed\n1 runs, 0 failed",
  );
  expect(passed({ results: [], skipped: ["all"] })).toBe(false);
});

/** Skips a test if something is missing. In CI, servers must be installed; namespaces are optional. */
function skipIf(context: TestContext, problem: string | undefined): void {
  if (problem === undefined) return;
  if (problem.includes("server is not installed")) expect(process.env.CI, problem).toBeFalsy();
  context.skip(problem);
}
