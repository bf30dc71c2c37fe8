import { manualClock, memoryBroker, type TestService } from "@tidegate/plugin-testkit";
import { expect, onTestFinished, test } from "vitest";
import type { Report } from "../../../src/contracts/report.ts";
import type { RegistryOptions } from "../../../src/registry/contract.ts";
import { createRegistry } from "../../../src/registry/registry.ts";
import { noSandbox, paths } from "../plugins.ts";
import { nextTurn } from "./turn.ts";

const service = (
  revision: number,
  list: readonly unknown[],
  more: Partial<TestService> = {},
): TestService => ({
  name: "player",
  revision,
  fragment: { protocol: { Paths: { paths: list } } },
  ...more,
});

async function setUp(options: Partial<RegistryOptions> = {}) {
  const clock = manualClock();
  const bus = memoryBroker({ clock });
  const registry = createRegistry({
    gateway: "gateway-1",
    brokers: [bus.broker],
    protocols: [paths],
    policies: [],
    sandbox: noSandbox,
    contexts: [],
    clock,
    ...options,
  });
  onTestFinished(() => registry.stop());
  await registry.start();
  const merged = async (): Promise<void> => {
    await registry.settled();
    await nextTurn();
  };
  return { clock, bus, registry, merged };
}

test("S10.1: only the nodes that published a fragment receive its report", async () => {
  const { bus, merged } = await setUp();
  const nodes = ["n1", "n2", "n3"].map((id) => bus.node(id));
  nodes[0]?.publish(service(1, ["/a"]));
  nodes[1]?.publish(service(1, ["/a"]));
  nodes[2]?.publish({ name: "team", fragment: { protocol: { Paths: { paths: ["/teams"] } } } });
  await merged();
  expect(nodes.map(({ reports }) => reports.map((report) => report.service))).toEqual([
    ["player"],
    ["player"],
    ["team"],
  ]);
  expect(nodes.flatMap(({ reports }) => reports.map(({ gateway }) => gateway))).toEqual(
    Array(3).fill("gateway-1"),
  );
});

test("S10.2: a burst of changes of one service leads to few reports, the last is current", async () => {
  const { clock, bus, merged } = await setUp();
  const node = bus.node("n1");
  for (let revision = 1; revision <= 100; revision++) {
    node.publish(service(revision, [`/v${revision}`]));
    await merged();
  }
  clock.advance(3_000);
  await nextTurn();
  expect(node.reports.length).toBeLessThanOrEqual(5);
  expect(node.reports.at(-1)?.urls).toEqual(["/v20"]);
  // A node receives at most 20 outcomes a minute. The next change after that is reported again.
  clock.advance(60_000);
  node.publish(service(101, ["/last"]));
  await merged();
  expect(node.reports.at(-1)?.urls).toEqual(["/last"]);
});

test("S10.2: a service that changes its fragment at each report comes to rest", async () => {
  const { clock, bus, merged } = await setUp();
  const node = bus.node("n1");
  let revision = 0;
  const publish = (): void => {
    revision++;
    node.publish(service(revision, [revision % 2 === 0 ? "/a" : "/b"], { report: publish }));
  };
  publish();
  for (let turn = 0; turn < 20; turn++) {
    await merged();
    clock.advance(1_000);
  }
  const reports = node.reports.length;
  expect(reports).toBeGreaterThan(1);
  expect(reports).toBeLessThanOrEqual(7);
  await merged();
  clock.advance(10_000);
  await merged();
  expect(node.reports).toHaveLength(reports);
});

test("S10.2: a node that never accepts a report delays no merge and no other node", async () => {
  const clock = manualClock();
  const bus = memoryBroker({ clock });
  const sent: { readonly node: string; readonly at: number }[] = [];
  const report = (_: string, node: string): Promise<void> => {
    sent.push({ node, at: clock.now() });
    return node === "silent" ? new Promise(() => undefined) : Promise.resolve();
  };
  const { registry } = await setUp({ clock, brokers: [{ ...bus.broker, report }] });
  for (let revision = 1; revision <= 10; revision++) {
    bus.node("silent").publish(service(revision, [`/v${revision}`]));
    bus.node("other").publish({ ...service(revision, [`/w${revision}`]), name: "team" });
    await registry.settled();
    await nextTurn();
    clock.advance(3_000);
    await nextTurn();
  }
  expect(sent.filter(({ node }) => node === "other")).toHaveLength(10);
  // The report that it does not accept fails after `pluginTimeoutSeconds` (S17). No other one is sent before.
  const times = sent.flatMap(({ node, at }) => (node === "silent" ? [at] : []));
  expect(times).toHaveLength(3);
  expect(times.slice(1).every((at, index) => at - (times[index] ?? at) >= 10_000)).toBe(true);
});

test("S10.1: the gateway logs the reports on services without a `$report` action", async () => {
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text);
  const { bus, merged } = await setUp({
    logger: { debug: () => undefined, info: write, warn: write, error: write },
  });
  bus.node("n1").publish(service(1, ["no-slash", 5]));
  bus.node("n2").publish({
    ...service(1, [6]),
    name: "team",
    actions: { $report: { published: false } },
  });
  await merged();
  const logged = lines.filter((line) => line.includes("has no `$report` action"));
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain("player on master");
  expect(logged[0]).toContain("protocol.Paths.paths[1]");
});

test("S10.1: a service that stops publishing its fragment receives the removed endpoints", async () => {
  const { bus, merged } = await setUp();
  const node = bus.node("n1");
  node.publish(service(1, ["/a"]));
  await merged();
  node.publish({ name: "player", revision: 2 });
  await merged();
  const last: Report | undefined = node.reports.at(-1);
  expect(last).toMatchObject({ occasion: "remove", changes: [{ kind: "removed", label: "GET /a" }] });
});
