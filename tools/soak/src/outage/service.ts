import type { FragmentInput } from "@tidegate/core-registry";
import { preset, tidegate } from "@tidegate/service-moleculer";
import { ServiceBroker } from "moleculer";
import { brokerOptions, type Network } from "../faults/network.ts";

/** Milliseconds between two events of the service. */
const tickMs = 100;

const api: FragmentInput = {
  protocol: {
    REST: {
      basePath: "/work",
      routes: [
        { method: "GET", path: "/call", call: { action: "work.get" } },
        { method: "GET", path: "/map", map: "() => ({ ok: true })" },
      ],
    },
    GraphQL: {
      typeDefs: `
        type Work { ok: Boolean! }
        type Tick { n: Int! }
        extend type Query { work: Work, workMap: Work }
        extend type Subscription { workTick: Tick }
      `,
      resolvers: {
        Query: { work: { call: { action: "work.get" } }, workMap: { map: "() => ({ ok: true })" } },
        Subscription: { workTick: { subscribe: { events: ["work.tick"] } } },
      },
    },
    WebSocket: {
      basePath: "/work",
      routes: [{ path: "/ticks", subscribe: { events: ["work.tick"] } }],
    },
  },
};

/** Starts a node with the service, which sends an event each 100 ms. Returns a function that stops it. */
export async function startService(network: Network, nodeID: string): Promise<() => Promise<void>> {
  const broker = new ServiceBroker(preset(brokerOptions(network, nodeID)));
  broker.createService({
    name: "work",
    mixins: [tidegate({ api, revision: 1 })],
    actions: { get: { params: {}, handler: () => ({ ok: true }) } },
  });
  await broker.start();
  let n = 0;
  const ticking = setInterval(() => void broker.emit("work.tick", { n: ++n }).catch(() => undefined), tickMs);
  return async () => {
    clearInterval(ticking);
    await broker.stop();
  };
}
