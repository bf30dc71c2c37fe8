import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { moleculer } from "@tidegate/broker-moleculer";
import { type Logger, silentLogger } from "@tidegate/core-registry";
import { type Recorder, recorder } from "@tidegate/plugin-testkit";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import type { BrokerOptions } from "moleculer";
import { vi } from "vitest";
import { createDefaultGateway } from "../../src/index.ts";
import { outerService } from "./services.ts";

/** Where the service with the routes runs, and how the node of the service that it calls is set up. */
export interface Layout {
  readonly outer: "local" | "preset" | "plain";
  readonly inner: "preset" | "plain";
}

/** A gateway with its nodes, each in a process of its own, over TCP. */
export interface System {
  readonly url: string;
  /** The lines of the log at `warn` and `error`. */
  readonly log: Recorder<string>;
  close(): Promise<void>;
}

const starting = { timeout: 40_000, interval: 100 };

/** Starts a gateway and its nodes. Resolves when the routes are served and both services are known. */
export async function startSystem({ outer, inner }: Layout): Promise<System> {
  const ids = ["gateway", "outer", "inner"];
  const ports = await Promise.all(ids.map(freePort));
  const urls = ids.map((id, index) => `tcp://127.0.0.1:${ports[index]}/${id}`).join(",");
  const optionsOf = (nodeID: string): BrokerOptions => ({
    nodeID,
    namespace: `trace-${process.pid}`,
    logger: false,
    cacher: "Memory",
    skipProcessEventRegistration: true,
    transporter: { type: "TCP", options: { udpDiscovery: false, urls, useHostname: false, gossipPeriod: 1 } },
  });
  const stops = [await startNode(optionsOf("inner"), "inner", inner)];
  if (outer !== "local") stops.push(await startNode(optionsOf("outer"), "outer", outer));

  const log = recorder<string>("log line");
  const logger: Logger = {
    ...silentLogger,
    warn: (message) => log.push(`warn ${message}`),
    error: (message) => log.push(`error ${message}`),
  };
  const services = outer === "local" ? [outerService(true)] : [];
  const gateway = createDefaultGateway({
    brokers: [moleculer({ ...optionsOf("gateway"), services })],
    protocols: [rest(), graphql(), webSocket()],
    policies: [],
    server: h3Server({
      port: 0,
      auth: { Test: ({ credentials }) => ({ identity: credentials }) },
      webSocket: { origins: "any" },
    }),
    logger,
  });
  const [listening] = await gateway.start();
  const url = String(listening?.url);
  await vi.waitFor(async () => {
    const response = await fetch(`${url}/outer/seen`);
    if (!response.ok) throw new Error(`It answers ${response.status}.`);
  }, starting);
  log.clear();
  return {
    url,
    log,
    close: async () => {
      await gateway.stop();
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

async function startNode(
  options: BrokerOptions,
  service: string,
  kind: string,
): Promise<() => Promise<void>> {
  const file = join(import.meta.dirname, "node-process.ts");
  const args = ["--conditions", "@tidegate/source", file, JSON.stringify(options), service, kind];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const isStarted = await Promise.race([
    once(child.stdout, "data").then(() => true),
    once(child, "exit").then(() => false),
  ]);
  if (!isStarted) throw new Error(`The node of the service ${service} did not start.`);
  return async () => {
    const ended = once(child, "exit");
    child.stdin.end();
    await ended;
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return Object(address).port;
}
