import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { createDefaultGateway } from "@tidegate/gateway";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import { type Cluster, gatewayNode, transporterOf } from "../harness/cluster.ts";
import { contend } from "../harness/contender.ts";

const cluster: Cluster = JSON.parse(process.argv[2] ?? "");

await contend(async () => {
  const gateway = createDefaultGateway({
    brokers: [
      moleculer({
        namespace: cluster.namespace,
        nodeID: gatewayNode,
        logger: false,
        transporter: transporterOf(cluster, "gateway"),
      }),
    ],
    protocols: [rest(), graphql(), webSocket()],
    policies: [scope()],
    server: h3Server({ host: "127.0.0.1", port: 0 }),
    logger: silentLogger,
  });
  const [listening] = await gateway.start();
  return listening?.port ?? 0;
});
