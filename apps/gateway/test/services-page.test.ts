import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@tidegate/core-registry";
import { recorder } from "@tidegate/plugin-testkit";
import { expect, onTestFinished, test } from "vitest";
import { compose } from "../src/config/compose.ts";
import { readConfig } from "../src/config/tree.ts";
import { createDefaultGateway } from "../src/default-gateway.ts";
import { ask, readPage, withRealAnswers } from "./page.ts";

const packages = join(import.meta.dirname, "../../../packages");
/** Milliseconds that a process needs at most to start and to be discovered on a busy machine. */
const timeoutMs = 30_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return Object(address).port;
}

/** A folder with the packages that a service installs. */
async function installed(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-services-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "node_modules/@tidegate"), { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const service = join(packages, "service-moleculer");
  await symlink(service, join(folder, "node_modules/@tidegate/service-moleculer"));
  await symlink(join(service, "node_modules/moleculer"), join(folder, "node_modules/moleculer"));
  return folder;
}

/** Runs `node FILE` until the test ends. Returns the lines that it prints. */
function runService(file: string, branch?: string) {
  const env = { ...process.env, TIDEGATE_BRANCH: branch };
  const child = spawn(process.execPath, ["--conditions=@tidegate/source", file], { env });
  const exited = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const lines = recorder<string>(file);
  for (const output of [child.stdout, child.stderr])
    output.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n")) lines.push(line);
    });
  return lines;
}

/** A gateway, and nodes that connect to it over TCP on their own ports. */
async function startSystem(...ids: readonly string[]) {
  const ports = new Map<string, number>();
  for (const id of ["gateway", ...ids]) ports.set(id, await freePort());
  const urls = [...ports].map(([id, port]) => `tcp://127.0.0.1:${port}/${id}`).join(",");
  const optionsOf = (nodeID: string) => ({
    nodeID,
    namespace: `page-${process.pid}`,
    transporter: {
      type: "TCP",
      options: { udpDiscovery: false, urls, useHostname: false, gossipPeriod: 1 },
    },
  });
  const Bearer = ({ credentials }: { readonly credentials: string }) => ({
    identity: credentials,
    scope: [credentials],
  });
  const config = readConfig({
    brokers: [{ moleculer: optionsOf("gateway") }],
    server: { protocol: { http: { port: 0 } }, context: { auth: { parsers: { Bearer } } } },
    admin: false,
    logger: silentLogger,
  });
  const gateway = createDefaultGateway(compose(config));
  onTestFinished(() => gateway.stop());
  const mounts = recorder<string>("mount");
  gateway.registry.onSwap(({ branch, version }) => {
    for (const { service } of version.fragments) mounts.push(`${branch} ${service}`);
  });
  const [listening] = await gateway.start();
  const folder = await installed();
  return {
    url: listening?.url ?? "",
    /** Resolves when a branch serves a service: `master player`. */
    mounted: (line: string) => mounts.waitFor((mount) => mount === line, timeoutMs),
    /**
     * Runs the source of a service on a node and a branch, with the namespace and transporter of the test.
     */
    run: async (nodeID: string, text: string, shown: string, branch?: string) => {
      expect(text.split(shown)).toHaveLength(2);
      const file = join(folder, `${nodeID}.ts`);
      await writeFile(file, text.replace(shown, JSON.stringify(optionsOf(nodeID))));
      return runService(file, branch);
    },
  };
}

const slow = { timeout: 4 * timeoutMs };

test(
  "S18: the services of docs/services.md work as described, with and without mixin and preset",
  slow,
  async () => {
    const blocks = await readPage("docs/services.md");
    const shown = '{ namespace: "soccer", transporter: "TCP" }';
    const [service = "", plain = ""] = [...blocks("ts service"), ...blocks("ts plain")];
    const requests = blocks("text requests");
    expect(requests).toHaveLength(3);
    const { url, run, mounted } = await startSystem("player", "laptop", "team");
    const served = async (index: number): Promise<void> => {
      expect(await withRealAnswers(requests[index] ?? "", url)).toBe(requests[index]);
    };

    // Its discovery by gossip takes longest.
    await run("team", plain, shown);
    const printed = await run("player", service, shown);
    await mounted("master player");
    await served(0);
    await printed.waitFor((line) => line.includes("GET /players/:id"), timeoutMs);
    await run("laptop", service, shown, "preview");
    await mounted("preview player");
    await served(1);
    await mounted("master team");
    await served(2);
  },
);

test("S18: the service of README.md is complete and works", slow, async () => {
  const [service = ""] = (await readPage("README.md"))("ts");
  const { url, run, mounted } = await startSystem("player");
  await run("player", service, '{ transporter: "TCP" }');
  await mounted("master player");
  expect(await ask(`${url}/players/1`)).toMatchObject({ status: 401 });
  const scout = await ask(`${url}/players/1`, ["authorization", "Bearer player.read"]);
  expect(scout).toEqual({ status: 200, body: '{"id":1,"name":"Ul Vimi"}' });
});
