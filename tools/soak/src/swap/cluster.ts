import { preset } from "@tidegate/broker-moleculer";
import { loopbackTcp } from "@tidegate/example-soccer";
import { type Service, ServiceBroker, type ServiceSchema } from "moleculer";

/** The distributed system of a run, as it is handed to each process. */
export interface SwapCluster {
  /** Moleculer's namespace. */
  readonly namespace: string;
  /** The gateway's node id. */
  readonly gatewayId: string;
  /** The port of the gateway's node. */
  readonly gatewayPort: number;
}

/** The cluster that a process was started for: its first argument, as JSON. */
export function givenCluster(): SwapCluster {
  return JSON.parse(process.argv[2] ?? "");
}

/** Starts a node with one service on TCP, makes it known at once, and returns the service. */
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
