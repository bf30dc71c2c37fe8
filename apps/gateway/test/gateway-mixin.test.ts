import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import type { FragmentInput } from "@tidegate/core-registry";
import { recorder } from "@tidegate/plugin-testkit";
import { preset, tidegate } from "@tidegate/service-moleculer";
import { type BrokerOptions, ServiceBroker } from "moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { gatewayMixin } from "../src/index.ts";
import { ask } from "./page.ts";

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return Object(address).port;
}

/** Options of two nodes on TCP that know each other's port. */
async function twoNodes(): Promise<Record<"host" | "player", BrokerOptions>> {
  const urls = `tcp://127.0.0.1:${await freePort()}/host,tcp://127.0.0.1:${await freePort()}/player`;
  const optionsOf = (nodeID: string): BrokerOptions => ({
    nodeID,
    namespace: `mixin-${process.pid}`,
    logger: false,
    skipProcessEventRegistration: true,
    transporter: { type: "TCP", options: { udpDiscovery: false, urls, useHostname: false, gossipPeriod: 1 } },
  });
  return { host: optionsOf("host"), player: optionsOf("player") };
}

/** A fragment with one route. */
function routeTo(basePath: string, path: string, call: string): FragmentInput {
  return { protocol: { REST: { basePath, routes: [{ method: "GET", path, call }] } } };
}

/** Starts a node with a service that publishes a route, until the end of the test. */
async function startPlayer(options: BrokerOptions): Promise<ServiceBroker> {
  const broker = new ServiceBroker(preset(options));
  onTestFinished(() => broker.stop());
  broker.createService({
    name: "player",
    mixins: [tidegate({ api: routeTo("/players", "/:id", "player.get") })],
    actions: { get: { params: { id: "number" }, handler: ({ params }) => ({ id: params.id }) } },
  });
  await broker.start();
  return broker;
}

/** Discovery takes some seconds on a busy machine. */
const soon = { timeout: 30_000 };

const server = (port: number) => ({ protocol: { http: { port } } });

describe("a gateway within a Moleculer node (S13.1)", () => {
  test("starts and stops with its service, serves other nodes and its own, writes to its log", async () => {
    const nodes = await twoNodes();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const host = new ServiceBroker(preset(nodes.host));
    const lines: unknown[] = [];
    const service = host.createService({
      name: "gateway",
      mixins: [gatewayMixin({ server: server(port), admin: false })],
    });
    service.logger.info = (...given: unknown[]) => void lines.push(given[0]);
    host.createService({
      name: "team",
      mixins: [tidegate({ api: routeTo("/teams", "/", "team.list") })],
      actions: { list: () => ["blue"] },
    });
    await startPlayer(nodes.player);
    const signals = process.listenerCount("SIGTERM");
    await host.start();
    expect(process.listenerCount("SIGTERM")).toBe(signals);
    expect(lines).toContain(`listening on ${url}`);
    await expect.poll(() => ask(`${url}/players/7`), soon).toEqual({ status: 200, body: '{"id":7}' });
    await expect.poll(() => ask(`${url}/teams`), soon).toEqual({ status: 200, body: '["blue"]' });

    await host.stop();
    await expect(ask(`${url}/players/7`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("a stop of the node lets running requests finish (S12.1)", async () => {
    const nodes = await twoNodes();
    const port = await freePort();
    const host = new ServiceBroker(preset(nodes.host));
    const mixin = gatewayMixin({ server: server(port), admin: false });
    host.createService({ name: "gateway", mixins: [mixin] });
    const asked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<string>();
    const player = await startPlayer(nodes.player);
    player.createService({
      name: "slow",
      mixins: [tidegate({ api: routeTo("/slow", "/", "slow.get") })],
      actions: {
        get: () => {
          asked.resolve();
          return release.promise;
        },
      },
    });
    await host.start();
    await expect.poll(() => ask(`http://127.0.0.1:${port}/players/7`), soon).toMatchObject({ status: 200 });
    const answer = ask(`http://127.0.0.1:${port}/slow`);
    await asked.promise;
    const stopped = host.stop();
    const other = () => ask(`http://127.0.0.1:${port}/players/7`).catch(String);
    await expect.poll(other, soon).toMatch("ECONNREFUSED");
    release.resolve("late");
    expect(await answer).toEqual({ status: 200, body: "late" });
    await stopped;
  });

  test("can start again with the same mixin, also in a node that runs already", async () => {
    const nodes = await twoNodes();
    const port = await freePort();
    const mixin = gatewayMixin({ server: server(port), admin: false });
    await startPlayer(nodes.player);
    const host = new ServiceBroker(preset(nodes.host));
    onTestFinished(() => host.stop());
    await host.start();
    for (let round = 0; round < 2; round++) {
      const service = host.createService({ name: "gateway", mixins: [mixin] });
      await host.waitForServices("gateway");
      await expect.poll(() => ask(`http://127.0.0.1:${port}/players/7`), soon).toMatchObject({ status: 200 });
      await host.destroyService(service);
      await expect(ask(`http://127.0.0.1:${port}/players/7`)).rejects.toThrow("ECONNREFUSED");
    }
  });

  test("a port that is in use fails the start of the node, and nothing stays open", async () => {
    const taken = createServer();
    await once(taken.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void taken.close());
    const nodes = await twoNodes();
    const host = new ServiceBroker(preset(nodes.host));
    host.createService({
      name: "gateway",
      mixins: [gatewayMixin({ server: server(Object(taken.address()).port), admin: false })],
    });
    await expect(host.start()).rejects.toThrow("is already in use");
    await host.stop();
  });

  test("wrong options are refused when the service is defined (S15)", () => {
    expect(() => gatewayMixin({ server: { protocol: { http: { port: -1 } } } })).toThrow(
      /gatewayMixin.*server\.protocol\.http\.port/s,
    );
    const misspelt: object = { sever: {} };
    expect(() => gatewayMixin(misspelt)).toThrow(/sever.*server/s);
  });

  test("the node's process ends by itself after `broker.stop()`: no handle is left", async () => {
    const file = join(import.meta.dirname, "gateway-mixin-process.ts");
    const child = spawn(process.execPath, ["--conditions=@tidegate/source", file], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const lines = recorder<string>("process");
    for (const output of [child.stdout, child.stderr])
      output.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.split("\n")) lines.push(line);
      });
    const exit = once(child, "exit");
    await lines.waitFor((line) => line === "answered 200 hello", 30_000);
    await lines.waitFor((line) => line === "stopped", 30_000);
    expect(await exit).toEqual([0, null]);
  });
});
