import { preset } from "@tidegate/broker-moleculer";
import { type Context, ServiceBroker } from "moleculer";
import { optionsAt, type Place } from "./place.ts";

/** What a node's process is started with: its first argument, as JSON. */
export interface NodeTask {
  /** Where it joins. */
  readonly place: Place;
  /** Its id. */
  readonly nodeID: string;
}

/** What it tells. */
export type NodeMessage = {
  /** It runs. */
  readonly started?: true;
  /** The numbers of the calls that it has dispatched since it told last. */
  readonly ran?: readonly number[];
};

const { place, nodeID }: NodeTask = JSON.parse(process.argv[2] ?? "");
const send = (message: NodeMessage): void => void (process.connected && process.send?.(message));
let ran: number[] = [];
let ticks = 0;

const broker = new ServiceBroker(preset(optionsAt(place, nodeID)));
broker.createService({
  name: "work",
  actions: {
    do: ({ params }: Context<{ readonly call: number }>) => {
      ran.push(params.call);
      return nodeID;
    },
  },
});
await broker.start();
send({ started: true });

setInterval(() => {
  send({ ran });
  ran = [];
  const tick = { node: nodeID, process: process.pid, tick: ++ticks };
  broker.broadcast("fault.tick", tick).catch(() => undefined);
}, 50);

process.on("disconnect", async () => {
  await broker.stop();
  process.exit();
});
