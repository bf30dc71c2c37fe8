import { randomBytes } from "node:crypto";
import { preset, tidegate } from "@tidegate/broker-moleculer";
import type { FragmentInput } from "@tidegate/core-registry";
import { ServiceBroker } from "moleculer";
import { optionsAt, type Place } from "../faults/place.ts";

/** The path that is always served. */
export const steadyPath = "/steady";

/** Services that come, change and go. */
export interface Services {
  /** Starts a node with one service and its paths, and resolves when it runs. */
  start(service: string, paths: readonly string[], branch?: string): Promise<() => Promise<void>>;
  /** Ends those that run. */
  stop(): Promise<void>;
}

/** Services on nodes in this process. */
export function servicesAt(place: Place): Services {
  const running = new Set<ServiceBroker>();
  let revision = 0;
  return {
    async start(service, paths, branch = "master") {
      const broker = new ServiceBroker(
        preset(optionsAt(place, `${service}-${randomBytes(4).toString("hex")}`)),
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
