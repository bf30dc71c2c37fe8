import { tidegate } from "@tidegate/broker-moleculer";
import type { FragmentInput } from "@tidegate/core-registry";
import type { ServiceBroker, ServiceSchema } from "moleculer";
import { givenCluster, startNode } from "./cluster.ts";

/** What the process is told: to make its service's fragment this change. */
export interface ChangingMessage {
  /** The number of the change, from 1; each comes after the one before has been seen. */
  readonly change: number;
}

const cluster = givenCluster();
/** Nodes that run: the newest, and the one before, whose last requests may still run. */
const nodes: ServiceBroker[] = [];

process.on("message", async ({ change }: ChangingMessage) => {
  nodes.push(await startNode(cluster, `changing-${change}`, changing(change)));
  if (nodes.length > 2) await nodes.shift()?.stop();
});
process.on("disconnect", async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  process.exit();
});

/** The service as a deployment of that number publishes it: a route less, a route more, a route that answers differently. */
function changing(change: number): ServiceSchema {
  const api: FragmentInput = {
    protocol: {
      REST: {
        basePath: "/changing",
        routes: [
          { method: "GET", path: "/", map: `() => ({ change: ${change} })` },
          { method: "GET", path: `/${change}`, call: { action: "changing.get" } },
        ],
      },
    },
  };
  return {
    name: "changing",
    mixins: [tidegate({ api, revision: change })],
    actions: { get: { params: {}, handler: () => ({ change }) } },
  };
}
