import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { silentLogger } from "@tidegate/core-registry";
import { recorder } from "@tidegate/plugin-testkit";
import { expect, onTestFinished, test } from "vitest";
import { compose } from "../src/config/compose.ts";
import { readConfig } from "../src/config/tree.ts";
import { createDefaultGateway } from "../src/default-gateway.ts";

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

/** A gateway that removes nothing for an hour, and services in processes of their own, over TCP. */
async function startSystem(...names: readonly string[]) {
  const ports: [string, number][] = [];
  for (const id of ["gateway", ...names]) ports.push([id, await freePort()]);
  const urls = ports.map(([id, port]) => `tcp://127.0.0.1:${port}/${id}`).join(",");
  const optionsOf = (nodeID: string) => ({
    nodeID,
    namespace: `hand-over-${process.pid}`,
    logger: false,
    transporter: {
      type: "TCP",
      options: { udpDiscovery: false, urls, useHostname: false, gossipPeriod: 1 },
    },
  });
  const config = readConfig({
    brokers: [{ moleculer: optionsOf("gateway") }],
    server: { protocol: { http: { port: 0 } } },
    admin: false,
    logger: silentLogger,
  });
  const gateway = createDefaultGateway({ ...compose(config), debounceSeconds: 3_600, lostSeconds: 3_600 });
  onTestFinished(() => gateway.stop());
  const reports = recorder<string>("report");
  gateway.registry.onReport(({ service, state }) => reports.push(`${service} ${state}`));
  const [listening] = await gateway.start();
  return {
    url: `${listening?.url}/contested`,
    /** Starts a service, and resolves when its fragment has this state. */
    start: async (name: string, state: string): Promise<ChildProcess> => {
      const argument = JSON.stringify({ name, options: optionsOf(name) });
      const file = join(import.meta.dirname, "hand-over-service.ts");
      const child = spawn(process.execPath, ["--conditions=@tidegate/source", file, argument], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      await reports.waitFor((line) => line === `${name} ${state}`, timeoutMs);
      return child;
    },
  };
}

test("S9.3: the owner of a route stops in good order: the service that waits for it answers at once", {
  timeout: 4 * timeoutMs,
}, async () => {
  const { url, start } = await startSystem("owner", "next");
  const owner = await start("owner", "succeeded");
  await start("next", "failed");
  const answers: string[] = [];
  const ask = async (): Promise<string> => {
    const response = await fetch(url);
    const answer = response.ok ? await response.text() : String(response.status);
    if (answers.at(-1) !== answer) answers.push(answer);
    return answer;
  };
  expect(await ask()).toBe("owner");
  owner.kill("SIGTERM");
  // The removal of the owner is an hour away, so only the hand-over can end this.
  while ((await ask()) !== "next");
  // No client ever sees the route missing; calls fail only until the gateway knows that the owner has left.
  expect(answers.filter((answer) => !["owner", "503", "next"].includes(answer))).toEqual([]);
});
