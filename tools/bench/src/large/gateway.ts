import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { createDefaultGateway } from "@tidegate/gateway";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { type Cluster, gatewayNode, transporterOf } from "../harness/cluster.ts";
import { runNode } from "../harness/node-process.ts";

// The gateway, which sends its HTTP port.
await runNode<Cluster>(async (cluster) => {
  const gateway = createDefaultGateway({
    brokers: [
      moleculer({
        namespace: cluster.namespace,
        nodeID: gatewayNode,
        logger: false,
        transporter: transporterOf(cluster, "gateway"),
      }),
    ],
    protocols: [rest()],
    policies: [],
    server: h3Server({ host: "127.0.0.1", port: 0, bodyBytes: 64 * 1_024 * 1_024 }),
    logger: silentLogger,
  });
  const [listening] = await gateway.start();
  return listening?.port ?? 0;
});
