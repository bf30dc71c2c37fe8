import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { freePort } from "@tidegate/example-soccer";
import { ServiceBroker } from "moleculer";
import { type Cluster, gatewayNode, transporterOf } from "../harness/cluster.ts";
import { startNode } from "../harness/node-process.ts";
import { localService } from "./services.ts";

/** The limit of a body, in bytes: Tidegate's default. Every contender has it. */
export const bodyLimit = 1_048_576;

/** A cluster of the gateway and one service, which speak TCP. */
export async function createCluster(): Promise<Cluster> {
  return {
    namespace: `bench-${randomBytes(4).toString("hex")}`,
    transporter: "tcp",
    port: await freePort(),
  };
}

/** Starts `remote-service.ts` or `remote-tidegate.ts` in a process of its own, which ends with this one. */
export async function startRemote(program: string, cluster: Cluster): Promise<void> {
  await startNode(join(import.meta.dirname, program), cluster);
}

/**
 * Starts the broker of a contender that is wired by hand, with Moleculer's defaults, and the service in its
 * second process.
 */
export async function startNodes(): Promise<ServiceBroker> {
  const cluster = await createCluster();
  const broker = new ServiceBroker({
    namespace: cluster.namespace,
    nodeID: gatewayNode,
    logger: false,
    transporter: transporterOf(cluster, "gateway"),
  });
  broker.createService(localService);
  await broker.start();
  await startRemote("remote-service.ts", cluster);
  await broker.waitForServices("remote");
  return broker;
}
