import { preset } from "@tidegate/service-moleculer";
import { type Context, ServiceBroker } from "moleculer";
import { brokerOptions, type Network } from "./network.ts";

/** The input of a node's process: its first argument, as JSON. */
export interface NodeTask {
  readonly network: Network;
  readonly nodeID: string;
}

/** A message from the process of a node. */
export type NodeMessage = {
  readonly started?: true;
  /** The numbers of the calls that ran since the last message. */
  readonly ran?: readonly number[];
};

const { network, nodeID }: NodeTask = JSON.parse(process.argv[2] ?? "");
const send = (message: NodeMessage): void => void (process.connected && process.send?.(message));
let ran: number[] = [];
let ticks = 0;

const broker = new ServiceBroker(preset(brokerOptions(network, nodeID)));
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
