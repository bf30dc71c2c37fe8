import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { moleculer } from "@tidegate/broker-moleculer";
import { type Finding, silentLogger } from "@tidegate/core-registry";
import { type Recorder, recorder } from "@tidegate/plugin-testkit";
import { filter } from "@tidegate/policy-filter";
import { rest } from "@tidegate/protocol-rest";
import { sandbox } from "@tidegate/sandbox";
import { h3Server } from "@tidegate/server-h3";
import type { BrokerOptions } from "moleculer";
import { createDefaultGateway } from "../../src/default-gateway.ts";
import { service } from "./service.ts";

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return Object(address).port;
}

/** Receives what has to end with the tests. */
export type Finish = (stop: () => Promise<void>) => void;

/** Starts the service in a process of its own. Resolves with the gateway's options for the same system. */
async function startProcess(finish: Finish): Promise<BrokerOptions> {
  const [gatewayPort, servicePort] = [await freePort(), await freePort()];
  const urls = `tcp://127.0.0.1:${gatewayPort}/gateway,tcp://127.0.0.1:${servicePort}/service`;
  const optionsOf = (nodeID: string): BrokerOptions => ({
    nodeID,
    namespace: `odd-${process.pid}`,
    logger: false,
    transporter: {
      type: "TCP",
      options: { udpDiscovery: false, urls, useHostname: false, gossipPeriod: 1 },
    },
  });
  const script = join(import.meta.dirname, "service-process.ts");
  const options = JSON.stringify(optionsOf("service"));
  const child = spawn(process.execPath, ["--conditions=@tidegate/source", script, options]);
  const exited = once(child, "exit");
  finish(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  await once(child.stdout, "data");
  return optionsOf("gateway");
}

/** A gateway with the service `odd`. */
export interface OddSystem {
  /** The URL of the service's routes. */
  readonly url: string;
  /** The URL of the gateway. */
  readonly gatewayUrl: string;
  /** The findings of the service's runtime reports. */
  readonly findings: Recorder<Finding>;
}

/** Starts a gateway and the service `odd`, on the gateway's own node or in a process of its own over TCP. */
export async function startOddSystem(place: "own node" | "process", finish: Finish): Promise<OddSystem> {
  const broker =
    place === "process"
      ? moleculer(await startProcess(finish))
      : moleculer({ nodeID: "gateway", logger: false, transporter: null, services: [service] });
  const gateway = createDefaultGateway({
    brokers: [broker],
    protocols: [rest()],
    policies: [filter()],
    server: h3Server({ host: "127.0.0.1", port: 0, bodyBytes: 8 * 1_024 * 1_024 }),
    sandbox: sandbox({ timeout: 2_000 }),
    logger: silentLogger,
    debounceSeconds: 0,
  });
  finish(() => gateway.stop());
  const findings = recorder<Finding>("finding");
  gateway.registry.onReport(({ occasion, findings: found }) => {
    if (occasion === "runtime") for (const finding of found) findings.push(finding);
  });
  const served = recorder<string>("served service");
  gateway.registry.onSwap(({ version }) => {
    for (const { service: name } of version.fragments) served.push(name);
  });
  const [listening] = await gateway.start();
  const gatewayUrl = `http://127.0.0.1:${listening?.port}`;
  const url = `${gatewayUrl}/odd`;
  await served.waitFor((name) => name === "odd", 30_000);
  return { url, gatewayUrl, findings };
}
