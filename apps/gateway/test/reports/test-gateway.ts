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
import { createDefaultGateway, type Gateway } from "../../src/default-gateway.ts";

/** A gateway over the broker in memory, with its reports. */
export interface TestGateway {
  readonly bus: MemoryBroker;
  readonly gateway: Gateway;
  readonly url: string;
  /** All reports, including those that no node can receive. */
  readonly reports: readonly Report[];
  /** Removes a service from its only node, and waits until the registry has forgotten it. */
  withdraw(service: string, node?: string): Promise<void>;
  /** Publishes a service on a node, waits for the merge, and returns the report that the node received. */
  publish(service: TestService, node?: string): Promise<Report>;
}

/** Options of `startTestGateway`. */
export interface TestGatewayOptions {
  readonly schema?: NonNullable<GatewayConfig["schema"]>;
  readonly broker?: MemoryBrokerOptions;
  /**
   * The time limit of functions in milliseconds. Default 10,000, so that a slow machine does not change
   * reports.
   */
  readonly functionMs?: number;
}

/**
 * Starts a gateway. Its name in reports is `gateway-1`.
 * @param finish receives the function that stops the gateway. Default: it runs at the end of the test
 */
export async function startTestGateway(
  { schema = {}, broker = {}, functionMs = 10_000 }: TestGatewayOptions = {},
  finish: (stop: () => Promise<void>) => void = onTestFinished,
): Promise<TestGateway> {
  const bus = memoryBroker(broker);
  const config = readConfig({
    brokers: [bus.broker],
    schema,
    server: {
      protocol: { http: { port: 0 } },
      update: { retireSeconds: 0 },
      context: { auth: { parsers: { Bearer: () => undefined } } },
    },
    logger: silentLogger,
  });
  const gateway = createDefaultGateway({
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

/** Compares the text of a report with a golden file. `vitest -u` rewrites the file. */
export async function expectGolden(report: Report, name: string): Promise<void> {
  expect(report.gateway).toBe("gateway-1");
  // The gateway listens on a free port.
  const table = report.table.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:8080");
  await expect(`${table}\n`).toMatchFileSnapshot(`golden/${name}.txt`);
}
