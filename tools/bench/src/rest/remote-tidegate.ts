import { preset, tidegate } from "@tidegate/service-moleculer";
import { ServiceBroker } from "moleculer";
import { type Cluster, transporterOf } from "../harness/cluster.ts";
import { runNode } from "../harness/node-process.ts";
import { remoteService } from "./services.ts";

// The service in the second process of Tidegate, with preset and mixin, as docs/services.md recommends.
await runNode<Cluster>(async (cluster) => {
  const broker = new ServiceBroker(
    preset({
      namespace: cluster.namespace,
      nodeID: "service",
      logger: false,
      transporter: transporterOf(cluster, "service"),
      skipProcessEventRegistration: true,
    }),
  );
  const api = {
    protocol: {
      REST: {
        basePath: "/remote",
        routes: [{ method: "GET" as const, path: "/:id", call: { action: "remote.get" } }],
      },
    },
  };
  broker.createService({ ...remoteService, mixins: [tidegate({ api })] });
  await broker.start();
  return "started";
});
