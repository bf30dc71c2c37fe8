import { type Report, silentLogger } from "@tidegate/core-registry";
import {
  type MemoryBroker,
  type MemoryBrokerOptions,
  memoryBroker,
  type TestService,
} from "@tidegate/plugin-testkit";
import { sandbox } from "@tidegate/sandbox";
import { expect, onTestFinished } from "vitest";
import { compose } from "../../src/config/compose.ts";
import { readConfig } from "../../src/config/tree.ts";
import type { GatewayConfig } from "../../src/config/types.ts";
import { createGateway, type Gateway } from "../../src/create-gateway.ts";

/** A gateway as its configuration makes it, over a broker in memory, and what it reports. */
export interface Stand {
  readonly bus: MemoryBroker;
  readonly gateway: Gateway;
  /** Where it listens. */
  readonly url: string;
  /** Every report, also of what no node is left to be told. */
  readonly reports: readonly Report[];
  /** Takes a service from its only node, and waits until nothing of it is known. */
  withdraw(service: string, node?: string): Promise<void>;
  /** Publishes a service on a node, waits until it is merged, and gives the report that the node got for it. */
  publish(service: TestService, node?: string): Promise<Report>;
}

/** What a stand can be told. */
export interface StandOptions {
  readonly schema?: NonNullable<GatewayConfig["schema"]>;
  readonly broker?: MemoryBrokerOptions;
  /** Milliseconds that a function may take. Default 10,000, so that a slow machine changes no report. */
  readonly functionMs?: number;
}

/**
 * Starts one. Its name in reports is `gateway-1`.
 * @param finish takes what stops it. Default: at the end of the test
 */
export async function startStand(
  { schema = {}, broker = {}, functionMs = 10_000 }: StandOptions = {},
  finish: (stop: () => Promise<void>) => void = onTestFinished,
): Promise<Stand> {
  const bus = memoryBroker(broker);
  const config = readConfig({
    brokers: [bus.broker],
    schema,
    server: { protocol: { http: { port: 0 } }, update: { retireSeconds: 0 } },
    logger: silentLogger,
  });
  const gateway = createGateway({
    ...compose(config),
    sandbox: sandbox({ timeout: functionMs }),
    gateway: "gateway-1",
    debounceSeconds: 0,
  });
  finish(() => gateway.stop());
  const reports: Report[] = [];
  gateway.registry.onReport((report) => void reports.push(report));
  const [listening] = await gateway.start();
  return {
    bus,
    gateway,
    url: listening?.url ?? "",
    reports,
    withdraw: async (name, node = name) => {
      bus.node(node).withdraw(name);
      const isKnown = (): boolean =>
        gateway.registry.branches().some(({ services }) => services.some(({ service }) => service === name));
      await expect.poll(isKnown).toBe(false);
      await gateway.registry.settled();
    },
    publish: async (service, id = service.name) => {
      const node = bus.node(id);
      const before = node.reports.length;
      node.publish(service);
      return node.waitForReport(
        (report) => node.reports.indexOf(report) >= before && report.service === service.name,
      );
    },
  };
}

/** The report as its reader sees it is that of the file. `vitest -u` writes the file anew. */
export async function expectGolden(report: Report, name: string): Promise<void> {
  expect(report.gateway).toBe("gateway-1");
  await expect(`${report.table}\n`).toMatchFileSnapshot(`golden/${name}.txt`);
}
