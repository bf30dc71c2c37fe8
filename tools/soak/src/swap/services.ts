import { changeFragment } from "@tidegate/bench";
import type { FragmentInput } from "@tidegate/core-registry";
import { tidegate } from "@tidegate/service-moleculer";
import type { Context, Service, ServiceBroker, ServiceSchema } from "moleculer";
import { readCluster, startNode } from "./cluster.ts";
import { stageOf } from "./stages.ts";
import { steadyService } from "./steady.ts";

/** A message to the process of the services. */
export type ServicesMessage =
  | {
      /** The number of the next change. It is sent after the previous change has been served. */
      readonly change: number;
    }
  | {
      readonly quiet: true;
    };

/** A message from the process of the services: its nodes are up, or the number of the last event. */
export type ServicesAnswer = { readonly up: true } | { readonly lastTick: number };

/** Milliseconds between two events of the steady service. */
const tickMs = 25;

const cluster = readCluster();
const steady = await startNode(cluster, "steady", steadyService);
/**
 * The running nodes of the changing service: the newest, and the previous one, which can still have requests.
 */
const nodes: Service[] = [await startChanging(0)];
let tick = 0;
const ticking = setInterval(() => void steady.broker.emit("steady.tick", { n: ++tick }), tickMs);
send({ up: true });

process.on("message", async (message: ServicesMessage) => {
  if ("quiet" in message) {
    clearInterval(ticking);
    send({ lastTick: tick });
    return;
  }
  const { change } = message;
  const { kind, api } = stageOf(change);
  const newest = nodes.at(-1);
  if (kind === "node" || newest === undefined) {
    nodes.push(await startChanging(change));
    if (nodes.length > 2) await nodes.shift()?.broker.stop();
  } else changeFragment(newest, api, change);
});
process.on("disconnect", async () => {
  clearInterval(ticking);
  const brokers: ServiceBroker[] = [steady, ...nodes].map(({ broker }) => broker);
  await Promise.all(brokers.map((broker) => broker.stop()));
  process.exit();
});

function startChanging(change: number): Promise<Service> {
  return startNode(cluster, `changing-${change}`, changingService(stageOf(change).api, change));
}

function send(answer: ServicesAnswer): void {
  process.send?.(answer);
}

/** The service whose fragment changes. Its actions do not change; the fragment determines their responses. */
function changingService(api: FragmentInput, revision: number): ServiceSchema {
  return {
    name: "changing",
    mixins: [tidegate({ api, revision })],
    actions: {
      get: {
        params: { change: "number" },
        handler: ({ params }: Context<{ readonly change: number }>) => params,
      },
      typed: {
        params: { change: "number" },
        handler: ({ params }: Context<{ readonly change: number }>) => ({
          [`at${params.change}`]: params.change,
        }),
      },
      guarded: { params: {}, handler: () => ({ guarded: true }) },
      kept: { params: {}, handler: () => ({ kept: true }) },
    },
  };
}
