import { ServiceBroker } from "moleculer";
import { type Cluster, transporterOf } from "../harness/cluster.ts";
import { runNode } from "../harness/node-process.ts";
import { remoteService } from "./services.ts";

// The service in the second process of the contenders that are wired by hand, with Moleculer's defaults.
await runNode<Cluster>(async (cluster) => {
  const broker = new ServiceBroker({
    namespace: cluster.namespace,
    nodeID: "service",
    logger: false,
    transporter: transporterOf(cluster, "service"),
  });
  broker.createService(remoteService);
  await broker.start();
  return "started";
});
