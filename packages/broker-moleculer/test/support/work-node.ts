import { preset } from "@tidegate/service-moleculer";
import { type BrokerOptions, ServiceBroker } from "moleculer";

/** The input of the process of a node: its first argument, as JSON. */
export interface WorkNode {
  readonly options: BrokerOptions;
  /** False: the node is a plain Moleculer broker. */
  readonly hasPreset: boolean;
}

const { options, hasPreset }: WorkNode = JSON.parse(process.argv[2] ?? "");
const broker = new ServiceBroker(hasPreset ? preset(options) : options);
let running = 0;
broker.createService({
  name: "work",
  actions: {
    /** Returns the node's id. Can run twice. */
    read: { tidegate: { idempotent: true }, handler: () => broker.nodeID },
    /** Returns the node's id. Must not run twice. */
    write: { handler: () => broker.nodeID },
    /** Never returns. Can run twice on other nodes than `a`. */
    wait: {
      tidegate: { idempotent: true },
      handler: async () => {
        running += 1;
        process.send?.({ running });
        if (broker.nodeID === "a") await new Promise(() => undefined);
        return broker.nodeID;
      },
    },
  },
});
await broker.start();
process.send?.({ started: true });
process.on("disconnect", () => process.exit());
