import { randomBytes } from "node:crypto";
import type { FragmentInput } from "@tidegate/core-registry";
import { preset, tidegate } from "@tidegate/service-moleculer";
import { ServiceBroker } from "moleculer";
import { brokerOptions, type Network } from "../faults/network.ts";

/** The path of the service that never leaves. */
export const steadyPath = "/steady";

/** Starts and stops services during a run. */
export interface Services {
  /** Starts a node with one service that serves the paths. Returns a function that stops the node. */
  start(service: string, paths: readonly string[], branch?: string): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

/** Creates services whose nodes run in this process. */
export function createServices(network: Network): Services {
  const running = new Set<ServiceBroker>();
  let revision = 0;
  return {
    async start(service, paths, branch = "master") {
      const broker = new ServiceBroker(
        preset(brokerOptions(network, `${service}-${randomBytes(4).toString("hex")}`)),
      );
      broker.createService({
        name: service,
        mixins: [tidegate({ api: fragmentOf(paths, branch), revision: ++revision })],
      });
      running.add(broker);
      await broker.start();
      return async () => {
        running.delete(broker);
        await broker.stop();
      };
    },
    async stop() {
      await Promise.all([...running].map((broker) => broker.stop()));
    },
  };
}

function fragmentOf(paths: readonly string[], branch: string): FragmentInput {
  const routes = paths.map((path) => ({ method: "GET" as const, path, map: `() => ({ path: "${path}" })` }));
  return { branch, protocol: { REST: { basePath: "/", routes } } };
}
