import { callScope, recorder } from "@tidegate/plugin-testkit";
import { preset } from "@tidegate/service-moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { moleculer } from "../src/index.ts";
import { callEvery, type TimedCall } from "./support/call-stream.ts";
import { startNode } from "./support/node-processes.ts";
import { tcp, transports } from "./support/transports.ts";

/**
 * Milliseconds in which a hung node must be lost: the preset's 3 s, and the time of one check and a busy
 * machine.
 */
const lostWithin = 5_000;

/** A gateway in this process, and three nodes in processes of their own. */
async function start(
  context: Parameters<(typeof tcp)["open"]>[0],
  transport: typeof tcp,
  hasPreset: boolean,
) {
  const network = await transport.open(context, ["gateway", "a", "b", "c"]);
  const lines = recorder<string>("line of the sink");
  const broker = moleculer(network.optionsOf("gateway"));
  onTestFinished(() => broker.stop());
  const [a, b] = await Promise.all([
    startNode(network.optionsOf("a"), hasPreset),
    startNode(network.optionsOf("b"), hasPreset),
    startNode(network.optionsOf("c"), hasPreset),
    broker.start({
      serviceUp: ({ name }, { id }) => lines.push(`up ${name}@${id}`),
      serviceDown: (name, id, how) => lines.push(`down ${name}@${id} ${how}`),
      event: () => undefined,
    }),
  ]);
  for (const id of ["a", "b", "c"]) await lines.waitFor((line) => line === `up work@${id}`);
  return { broker, lines, a, b };
}

function failed(calls: readonly TimedCall[]): readonly TimedCall[] {
  return calls.filter(({ error }) => error !== undefined);
}

/** Prints which calls failed, and when: seconds since the node hung. */
function print(title: string, hungAt: number, lostAt: number, calls: readonly TimedCall[]): void {
  const seconds = (at: number): string => `${((at - hungAt) / 1_000).toFixed(1)} s`;
  const failures = failed(calls);
  const byKind = new Map<string, TimedCall[]>();
  for (const one of failures) {
    const kind = `${one.action} ${one.error}`;
    byKind.set(kind, [...(byKind.get(kind) ?? []), one]);
  }
  console.log(`${title}: lost after ${seconds(lostAt)}; ${failures.length} of ${calls.length} calls failed`);
  for (const [kind, list] of byKind) {
    const [first, last] = [list.at(0), list.at(-1)];
    if (first === undefined || last === undefined) continue;
    const sent = list.map(({ startedAt }) => startedAt);
    console.log(
      `  ${list.length} ${kind}: sent ${seconds(Math.min(...sent))} to ${seconds(Math.max(...sent))}, ` +
        `answered ${seconds(first.endedAt)} to ${seconds(last.endedAt)}`,
    );
  }
}

const nodes = [
  ...transports.map((transport) => ({
    name: `${transport.name}, with the preset`,
    transport,
    hasPreset: true,
  })),
  { name: "TCP, without the preset", transport: tcp, hasPreset: false },
];

describe("a node that hangs (S13.1)", () => {
  test.for(nodes)(
    "$name: is lost after 3 s, its calls fail then or go elsewhere, and no call goes to it",
    async ({ name, transport, hasPreset }, context) => {
      const { broker, lines, a } = await start(context, transport, hasPreset);
      const stream = callEvery(broker, 40, ["work.read", "work.write"]);
      await expect.poll(() => new Set(stream.calls.map(({ node }) => node)).size).toBe(3);
      const hungAt = performance.now();
      a.signal("SIGSTOP");
      await lines.waitFor((line) => line === "down work@a lost", 20_000);
      const lostAt = performance.now();
      await expect.poll(() => performance.now(), { timeout: 5_000 }).toBeGreaterThan(lostAt + 1_500);
      a.signal("SIGCONT");
      const found = lines.items.filter((line) => line === "up work@a").length;
      await expect
        .poll(() => lines.items.filter((line) => line === "up work@a").length, { timeout: 10_000 })
        .toBeGreaterThan(found);
      await expect.poll(() => stream.calls.slice(-6).some(({ node }) => node === "a")).toBe(true);
      const calls = await stream.stop();
      print(name, hungAt, lostAt, calls);
      expect(lostAt - hungAt).toBeGreaterThan(2_000);
      expect(lostAt - hungAt).toBeLessThan(lostWithin);
      const failures = failed(calls);
      expect(failures.length).toBeGreaterThan(0);
      for (const { action, error, startedAt, endedAt } of failures) {
        expect(`${action} ${error}`).toBe("work.write ACTION_UNAVAILABLE dispatched");
        expect(startedAt).toBeLessThan(lostAt);
        expect(endedAt - lostAt).toBeLessThan(500);
      }
    },
  );

  test("a node that hangs for less than 3 s, again and again, is not lost", async (context) => {
    const { broker, lines, a } = await start(context, tcp, true);
    const stream = callEvery(broker, 40, ["work.read", "work.write"]);
    for (let round = 0; round < 3; round++) {
      const hungAt = performance.now();
      a.signal("SIGSTOP");
      await expect.poll(() => performance.now(), { timeout: 5_000 }).toBeGreaterThan(hungAt + 1_200);
      const before = stream.calls.length;
      a.signal("SIGCONT");
      await expect.poll(() => stream.calls.slice(before).some(({ node }) => node === "a")).toBe(true);
    }
    const calls = await stream.stop();
    expect(failed(calls)).toEqual([]);
    expect(lines.items.filter((line) => line.startsWith("down"))).toEqual([]);
  });

  test("a running call of an idempotent action goes elsewhere when the node is lost", async (context) => {
    const { broker, a, b } = await start(context, tcp, true);
    const onA = a.nextMessage();
    const call = broker.call(callScope(), { action: "work.wait", params: {}, nodes: ["a", "b"] });
    const other = broker.call(callScope(), { action: "work.wait", params: {}, nodes: ["a", "b"] });
    await onA;
    await b.nextMessage();
    a.signal("SIGSTOP");
    expect(await Promise.all([call, other])).toEqual(["b", "b"]);
  });
});

test("an action says in its definition that it is idempotent (S13.1)", async (context) => {
  const network = await tcp.open(context, ["gateway", "a"]);
  const broker = moleculer(network.optionsOf("gateway"));
  onTestFinished(() => broker.stop());
  const actions = recorder<string>("action");
  await broker.start({
    serviceUp: (service) => {
      for (const { name, idempotent } of service.actions) actions.push(`${name} ${idempotent}`);
    },
    serviceDown: () => undefined,
    event: () => undefined,
  });
  await startNode(network.optionsOf("a"));
  await actions.waitFor((line) => line === "work.read true");
  await actions.waitFor((line) => line === "work.write undefined");
  expect(preset().circuitBreaker).toMatchObject({ enabled: true });
});
