import { request } from "node:http";
import { text } from "node:stream/consumers";
import { moleculer } from "@tidegate/broker-moleculer";
import type { Report, ServiceDescription } from "@tidegate/core-registry";
import { callScope, recorder } from "@tidegate/plugin-testkit";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { compile } from "../src/compilers.ts";
import { readBlocks } from "../src/guide.ts";
import { type NodeVersion, nodeVersions } from "../src/node-versions.ts";
import { freePort, type RunningProcess, runNode } from "../src/process.ts";
import type { Project } from "../src/project.ts";
import { installBefore, needNode, slow } from "./support.ts";

/** Milliseconds until processes have discovered each other on a busy machine. */
const soon = 60_000;

const page = "docs/existing-moleculer-project.md";
const createProject = installBefore(["@tidegate/gateway"], ["@tidegate/gateway"]);
let blocks: ReadonlyMap<string, string> = new Map();

beforeAll(async () => {
  blocks = await readBlocks(page);
});

/** Returns a block of the guide. `changes` replaces texts that occur in it once. */
function block(name: string, changes: Readonly<Record<string, string>> = {}): string {
  let found = blocks.get(name);
  if (found === undefined) throw new Error(`${page} has no block ${name}.`);
  for (const [shown, real] of Object.entries(changes)) {
    expect(found.split(shown)).toHaveLength(2);
    found = found.replace(shown, real);
  }
  return found;
}

/** Options of nodes that know each other's port, in place of those that the guide shows. */
async function network(...ids: readonly string[]) {
  const urls: string[] = [];
  for (const id of ids) urls.push(`tcp://127.0.0.1:${await freePort()}/${id}`);
  const namespace = `guide-${process.pid}-${urls.length}-${urls[0]?.length}`;
  const optionsOf = (nodeID: string) => ({
    nodeID,
    namespace,
    transporter: {
      type: "TCP" as const,
      options: { udpDiscovery: false, urls: urls.join(), useHostname: false, gossipPeriod: 1 },
    },
  });
  const config = (file: string, nodeID: string): string =>
    block(file, { '{ namespace: "soccer", transporter: "TCP" }': JSON.stringify(optionsOf(nodeID)) });
  return { optionsOf, config };
}

/** Starts `moleculer-runner` in a project, until the end of the test. */
function startRunner(node: NodeVersion, { folder }: Project, config: string, services: string) {
  const lines = recorder<string>("line");
  const runner = "../node_modules/moleculer/bin/moleculer-runner.js";
  const running: RunningProcess = runNode(
    node.path,
    folder,
    [runner, "--config", config, services],
    lines.push,
  );
  onTestFinished(() => running.kill());
  return { lines, stop: running.stop };
}

/** Starts the gateway's side of Moleculer, until the end of the test. */
async function startBroker(options: Parameters<typeof moleculer>[0]) {
  const services = recorder<ServiceDescription & { readonly node: string }>("service");
  const broker = moleculer(options);
  onTestFinished(() => broker.stop());
  await broker.start({
    serviceUp: (service, { id: node }) => services.push({ ...service, node }),
    serviceDown: () => undefined,
    event: () => undefined,
  });
  return { broker, services };
}

/** The options of Moleculer's TypeScript template. */
const template = {
  module: "commonjs",
  moduleResolution: "node",
  target: "es6",
  esModuleInterop: true,
  noImplicitAny: true,
};

const report: Report = {
  contract: 1,
  gateway: "gateway",
  service: "player",
  branch: "master",
  occasion: "merge",
  state: "succeeded",
  changes: [],
  findings: [],
  console: [],
  urls: [],
  table: "the report of the gateway",
};

describe.for(nodeVersions)("S13.1: the guide's services on Node $major", { timeout: slow }, (node) => {
  test("moleculer-runner with CommonJS: the gateway discovers, calls and reports", async (context) => {
    needNode(context, node);
    const { optionsOf, config } = await network("gateway", "services");
    const project = await createProject(`commonjs-${node.major}`);
    await project.write("moleculer.config.js", config("moleculer.config.js", "services"));
    await project.write("services/player.service.js", block("services/player.service.js"));
    const runner = startRunner(node, project, "moleculer.config.js", "services");
    const { broker, services } = await startBroker(optionsOf("gateway"));

    const player = await services.waitFor(({ name }) => name === "player", soon);
    expect(player).toMatchObject({
      node: "services",
      fragment: { protocol: { REST: { basePath: "/players" } } },
      revision: expect.any(Number),
    });
    const answer = await broker.call(callScope(), { action: "player.get", params: { id: 7 } });
    expect(answer).toEqual({ id: 7, name: "Ul Vimi" });
    await broker.report?.("player", "services", report);
    await runner.lines.waitFor((line) => line.includes(report.table), soon);
    expect(await runner.stop()).toBe(0);
  });

  test("Moleculer's TypeScript template", async (context) => {
    needNode(context, node);
    const { optionsOf, config } = await network("gateway", "services");
    const project = await createProject(`template-${node.major}`);
    await project.write("moleculer.config.ts", config("moleculer.config.ts", "services"));
    await project.write("services/team.service.ts", block("services/team.service.ts"));
    expect(await compile(project, template)).toEqual([]);
    startRunner(node, project, "out/moleculer.config.js", "out/services");
    const { broker, services } = await startBroker(optionsOf("gateway"));
    await services.waitFor(({ name }) => name === "team", soon);
    expect(await broker.call(callScope(), { action: "team.get", params: { id: 3 } })).toEqual({ id: 3 });
  });
});

/** Sends a GET request on a new connection. Returns the status, and the body where it is 200. */
async function get(url: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request(url, { agent: false }, (response) => {
    text(response).then(
      (body) => resolve(response.statusCode === 200 ? `200 ${body}` : String(response.statusCode)),
      reject,
    );
  })
    .on("error", reject)
    .end();
  return promise;
}

test("S13.1: the guide's gateway in a node of the project serves that node and others", {
  timeout: slow,
}, async () => {
  const [node] = nodeVersions.filter(({ path }) => path === process.execPath);
  if (node === undefined) throw new Error("This Node is not in the list of versions.");
  const { config } = await network("host", "other");
  const port = await freePort();
  const host = await createProject("host");
  await host.write("moleculer.config.js", config("moleculer.config.js", "host"));
  await host.write("services/player.service.js", block("services/player.service.js"));
  const gateway = block("services/gateway.service.js", { "port: 8080": `port: ${port}` });
  await host.write("services/gateway.service.js", gateway);
  const other = await createProject("other");
  await other.write("moleculer.config.ts", config("moleculer.config.ts", "other"));
  await other.write("services/team.service.ts", block("services/team.service.ts"));
  expect(await compile(other, template)).toEqual([]);

  startRunner(node, other, "out/moleculer.config.js", "out/services");
  const { lines, stop } = startRunner(node, host, "moleculer.config.js", "services");
  await lines.waitFor((line) => line.includes(`listening on http://127.0.0.1:${port}`), soon);
  const requests = block("requests").trimEnd().split("\n");
  expect(requests).toHaveLength(3);
  for (const line of requests) {
    const [, path = "", answer = ""] = /^GET (\S+) +(.+)$/.exec(line) ?? [];
    await expect.poll(() => get(`http://127.0.0.1:${port}${path}`), { timeout: soon }).toBe(answer);
  }
  await lines.waitFor((line) => line.includes("GET /players/:id"), soon);
  expect(await stop()).toBe(0);
});
