import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { silentLogger } from "@tidegate/core-registry";
import { type Recorder, recorder } from "@tidegate/plugin-testkit";
import { expect, onTestFinished } from "vitest";
import { compose } from "../src/config/compose.ts";
import { readConfig } from "../src/config/tree.ts";
import type { GatewayConfig } from "../src/config/types.ts";
import { createDefaultGateway } from "../src/default-gateway.ts";

const packages = join(import.meta.dirname, "../../../packages");
/** Milliseconds that a process needs at most to start and to be discovered on a busy machine. */
export const timeoutMs = 30_000;

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
function runService(file: string, branch: string | undefined): Recorder<string> {
  const env = { ...process.env, TIDEGATE_BRANCH: branch };
  const child = spawn(process.execPath, ["--conditions=@tidegate/source", file], { env, cwd: dirname(file) });
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

type Context = NonNullable<NonNullable<GatewayConfig["server"]>["context"]>;

/** A gateway, and nodes in processes of their own that connect to it over TCP. */
export interface ServiceSystem {
  /** The address of the gateway. */
  readonly url: string;
  /** The folder that contains the sources of the services. */
  readonly folder: string;
  /** The messages that the gateway logs as warnings. */
  readonly warnings: Recorder<string>;
  /** Resolves when a branch serves a service: `master player`. */
  mounted(line: string): Promise<string>;
  /**
   * Runs the source of a service on a node and a branch, with the namespace and transporter of the test
   * instead of the broker options that the source shows. Returns the lines that it prints.
   * @param extension of the file, `.ts` by default
   */
  run(
    nodeID: string,
    text: string,
    shown: string,
    options?: { readonly branch?: string; readonly extension?: string },
  ): Promise<Recorder<string>>;
}

/**
 * Starts a gateway for the services of these nodes.
 * @param context the contexts of the gateway, such as `auth`
 */
export async function startSystem(ids: readonly string[], context: Context = {}): Promise<ServiceSystem> {
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
  const warnings = recorder<string>("warning");
  const config = readConfig({
    brokers: [{ moleculer: optionsOf("gateway") }],
    server: { protocol: { http: { port: 0 } }, context },
    admin: false,
    logger: { ...silentLogger, warn: (text: unknown) => void warnings.push(String(text)) },
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
    folder,
    warnings,
    mounted: (line: string) => mounts.waitFor((mount) => mount === line, timeoutMs),
    run: async (nodeID, text, shown, { branch, extension = ".ts" } = {}) => {
      expect(text.split(shown)).toHaveLength(2);
      const file = join(folder, `${nodeID}${extension}`);
      await writeFile(file, text.replace(shown, JSON.stringify(optionsOf(nodeID))));
      return runService(file, branch);
    },
  };
}
