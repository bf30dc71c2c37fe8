import { changeFragment } from "@tidegate/bench";
import type { Service, ServiceBroker } from "moleculer";
import { changingService } from "./changing.ts";
import { givenCluster, startNode } from "./cluster.ts";
import { stageOf } from "./stages.ts";
import { steadyService } from "./steady.ts";

/** What the services' process is told. */
export type ServicesMessage =
  | {
      /** The number of the change that the changing service makes now. Each comes after the one before has been seen. */
      readonly change: number;
    }
  | {
      /** Ends the steady service's events. */
      readonly quiet: true;
    };

/** What it tells: once that its nodes are up, and in the end the number of the last event. */
export type ServicesAnswer = { readonly up: true } | { readonly lastTick: number };

/** Milliseconds between two of the steady service's events. */
const tickMs = 25;

const cluster = givenCluster();
const steady = await startNode(cluster, "steady", steadyService);
/** Nodes of the changing service that run: the newest, and the one before, whose last requests may still run. */
const nodes: Service[] = [await startChanging(0)];
let tick = 0;
const ticking = setInterval(() => void steady.broker.emit("steady.tick", { n: ++tick }), tickMs);
tell({ up: true });

process.on("message", async (message: ServicesMessage) => {
  if ("quiet" in message) {
    clearInterval(ticking);
    tell({ lastTick: tick });
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

function tell(answer: ServicesAnswer): void {
  process.send?.(answer);
}
