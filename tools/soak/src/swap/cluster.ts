import { loopbackTcp } from "@tidegate/example-soccer";
import { preset } from "@tidegate/service-moleculer";
import { type Service, ServiceBroker, type ServiceSchema } from "moleculer";

/** The Moleculer network of a run. Each process receives it as JSON. */
export interface SwapCluster {
  readonly namespace: string;
  readonly gatewayId: string;
  /** The port of the gateway's node. */
  readonly gatewayPort: number;
}

/** Reads the cluster from the first argument of the process. */
export function readCluster(): SwapCluster {
  return JSON.parse(process.argv[2] ?? "");
}

/** Starts a node with one service on TCP and announces it at once. Returns the service. */
export async function startNode(
  { namespace, gatewayId, gatewayPort }: SwapCluster,
  nodeID: string,
  schema: ServiceSchema,
): Promise<Service> {
  const transporter = loopbackTcp({ peers: { [gatewayId]: gatewayPort } });
  const broker = new ServiceBroker(
    preset({ namespace, nodeID, transporter, logger: false, skipProcessEventRegistration: true }),
  );
  const service = broker.createService(schema);
  await broker.start();
  transporter.sendGossipRequest();
  return service;
}
