import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, silentLogger } from "@tidegate/core-registry";
import { knownFunctions, memoryBroker, recorder, type TestService } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { requestAdmin } from "../src/admin/client.ts";
import { createDefaultGateway } from "../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-pins-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A build of `player` that answers `GET /answer` with one of its actions. */
const playerOf = (revision: number, answer: "old" | "new"): TestService => ({
  name: "player",
  revision,
  fragment: {
    protocol: {
      REST: {
        basePath: "/answer",
        routes: [{ method: "GET", path: "/", call: { action: `player.${answer}` } }],
      },
    },
  },
  actions: { old: () => "old", new: () => "new" },
});

const teamRoutes = {
  basePath: "/teams",
  routes: [{ method: "GET", path: "/", call: { action: "team.old" } }],
};

async function start(broker: Broker, name: string) {
  const socket = join(folder, `${name}.sock`);
  // The tests use no functions, so they need no sandbox process.
  const { seen: _seen, text: _text, ...sandbox } = knownFunctions();
  const log = recorder<string>("line of the log");
  const gateway = createDefaultGateway({
    gateway: name,
    brokers: [broker],
    protocols: [rest()],
    policies: [],
    sandbox,
    server: h3Server({ port: 0 }),
    logger: { ...silentLogger, info: (message) => log.push(message) },
    admin: { socket },
  });
  onTestFinished(() => gateway.stop());
  const mounts = recorder<string>("mount");
  gateway.registry.onSwap(({ branch, version }) => mounts.push(`${branch} ${version.name}`));
  const [listening] = await gateway.start();
  const get = async (path: string) => (await fetch(`${listening?.url}${path}`)).text();
  return { gateway, socket, mounts, log, get };
}

/** Two gateways of one system in which `player` published an old fragment and then a new one. */
async function deployed() {
  const bus = memoryBroker();
  const one = await start(bus.broker, "one");
  const two = await start(bus.gateway("gateway-2"), "two");
  const all = [one, two];
  const latest = () => all.map(({ gateway }) => String(gateway.registry.branches()[0]?.latestVersion));
  const answers = () => Promise.all(all.map(({ get }) => get("/answer")));

  bus.node("n1").publish(playerOf(1, "old"));
  await Promise.all(all.map(({ gateway }) => gateway.registry.settled()));
  const [old = ""] = latest();
  bus.node("n1").publish(playerOf(2, "new"));
  await Promise.all(all.map(({ gateway }) => gateway.registry.settled()));
  const [newest = ""] = latest();
  expect(await answers()).toEqual(["new", "new"]);
  for (const { mounts } of all) mounts.clear();
  return { bus, one, two, all, answers, old, newest };
}

test("S9.4: a pin rolls back every gateway at once, and unpinning ends it on all of them", async () => {
  const { one, two, all, answers, old, newest } = await deployed();
  const { pins } = await requestAdmin(one.socket, "POST", { branch: "master", to: old });
  expect(pins).toMatchObject([{ branch: "master", to: expect.stringContaining(old) }]);
  for (const { mounts } of all) await mounts.waitFor((line) => line === `master ${old}`);
  expect(await answers()).toEqual(["old", "old"]);
  for (const { get } of all) {
    const status = JSON.parse(await get("/~status"));
    expect(status.pins).toMatchObject([{ branch: "master" }]);
    expect(status.gateways.map((each: { gateway: string }) => each.gateway).sort()).toEqual(["one", "two"]);
    for (const { versions } of status.gateways) expect(versions.master).toContain(old);
  }

  expect(await requestAdmin(two.socket, "DELETE", { branch: "master" })).toEqual({ pins: [] });
  for (const { mounts } of all) await mounts.waitFor((line) => line === `master ${newest}`);
  expect(await answers()).toEqual(["new", "new"]);
});

test("S9.4: one service can be pinned to an earlier fragment", async () => {
  const { one, two, all, answers, old, newest } = await deployed();
  const [branch] = one.gateway.registry.branches();
  const tried = branch?.versions.flatMap(({ integrations }) => integrations) ?? [];
  const served = branch?.services.find(({ service }) => service === "player")?.hash;
  const before = tried.find(({ service, hash }) => service === "player" && hash !== served);
  const pin = { branch: "master", service: "player", to: String(before?.hash).slice(0, 8) };
  const { pins } = await requestAdmin(two.socket, "POST", pin);
  expect(pins).toMatchObject([{ ...pin, to: expect.stringContaining(pin.to) }]);
  for (const { mounts } of all) await mounts.waitFor((line) => line === `master ${old}`);
  expect(await answers()).toEqual(["old", "old"]);
  await requestAdmin(one.socket, "DELETE", { branch: "master", service: "player" });
  for (const { mounts } of all) await mounts.waitFor((line) => line === `master ${newest}`);
  expect(await answers()).toEqual(["new", "new"]);
});

const byThisProcess = new RegExp(
  `by process ${process.pid} of \\S+, through the admin socket \\S+one\\.sock `,
);

test("S9.4: every gateway logs who set and removed a pin, and what was served before", async () => {
  const { one, all, old, newest } = await deployed();
  await requestAdmin(one.socket, "POST", { branch: "master", to: old });
  await requestAdmin(one.socket, "DELETE", { branch: "master" });
  for (const { log } of all) {
    const pinned = await log.waitFor((line) => line.startsWith("Pinned branch master"));
    expect(pinned).toContain(`to ${old}: served ${newest} before, ${old} now; by process`);
    expect(pinned).toMatch(byThisProcess);
    expect(pinned).toContain("on the gateway one at ");
    const removed = await log.waitFor((line) => line.startsWith("Removed the pin of branch master"));
    expect(removed).toContain(`served ${old} before, ${newest} now; by process`);
  }
  // Where nothing is pinned, there is nothing to log.
  await requestAdmin(one.socket, "DELETE", { branch: "master" });
  expect(one.log.items.filter((line) => line.startsWith("Removed the pin"))).toHaveLength(1);
});

test("S9.4: a service whose API a pin replaces or removes gets a report, and at its end", async () => {
  const { bus, one, all, old } = await deployed();
  const team = bus.node("n2");
  team.publish({ ...playerOf(1, "old"), name: "team", fragment: { protocol: { REST: teamRoutes } } });
  await Promise.all(all.map(({ gateway }) => gateway.registry.settled()));
  const reportOf = (node: typeof team, code: string) =>
    node.waitForReport(({ findings }) => findings.some((finding) => finding.code === code));
  await requestAdmin(one.socket, "POST", { branch: "master", to: old });
  const removed = await reportOf(team, "FRAGMENT_PINNED");
  expect(removed).toMatchObject({ service: "team", occasion: "remove", to: old });
  expect(removed.changes).toMatchObject([{ kind: "removed", label: "GET /teams" }]);
  expect(removed.table).toContain("Nothing of this service is served now.");
  const replaced = await reportOf(bus.node("n1"), "FRAGMENT_PINNED");
  expect(replaced).toMatchObject({ service: "player", occasion: "merge", to: old });
  expect(replaced.changes).toMatchObject([{ kind: "changed", label: "GET /answer" }]);
  await requestAdmin(one.socket, "DELETE", { branch: "master" });
  for (const node of [team, bus.node("n1")])
    expect((await reportOf(node, "PIN_REMOVED")).table).toMatch(byThisProcess);
});

test("S9.4: a service that is pinned to an earlier fragment is told by whom and when", async () => {
  const { bus, one } = await deployed();
  const statuses = one.gateway.registry.branches()[0]?.versions.flatMap(({ integrations }) => integrations);
  const first = statuses?.findLast(({ service }) => service === "player")?.hash ?? "";
  await requestAdmin(one.socket, "POST", { branch: "master", service: "player", to: first });
  // A node that joins later is told too.
  bus.node("n3").publish(playerOf(2, "new"));
  const report = await bus.node("n3").waitForReport();
  const pinned = report.findings.find(({ code }) => code === "FRAGMENT_PINNED");
  expect(pinned?.message).toMatch(byThisProcess);
});

test("S9.4: the report on a fragment that is merged on a pinned branch says so", async () => {
  const { bus, one, old } = await deployed();
  await requestAdmin(one.socket, "POST", { branch: "master", to: old });
  const node = bus.node("n4");
  node.publish({ ...playerOf(1, "old"), name: "team", fragment: { protocol: { REST: teamRoutes } } });
  const { findings } = await node.waitForReport();
  expect(findings.find(({ code }) => code === "FRAGMENT_PINNED")?.message).toBe(
    `An operator pinned the branch \`master\` to the version ${old} (S9.4), which does not have this fragment.`,
  );
});

test("an unknown branch, version or fragment cannot be pinned", async () => {
  const { one, answers } = await deployed();
  const refused = (pin: object) =>
    requestAdmin(one.socket, "POST", pin).catch((error: Error) => error.message);
  expect(await refused({ branch: "nope", to: "0123abcd" })).toContain("nope");
  expect(await refused({ branch: "master", to: "0123abcd" })).toContain("0123abcd");
  expect(await refused({ branch: "master", service: "player", to: "0123abcd" })).toContain("0123abcd");
  expect(await answers()).toEqual(["new", "new"]);
});
