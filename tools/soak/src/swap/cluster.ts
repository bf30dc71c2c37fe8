import { loopbackTcp } from "@tidegate/example-soccer";
import { ServiceBroker, type ServiceSchema } from "moleculer";

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

/** Starts a node with one service on TCP, and makes it known at once. */
export async function startNode(
  { namespace, gatewayId, gatewayPort }: SwapCluster,
  nodeID: string,
  service: ServiceSchema,
): Promise<ServiceBroker> {
  const transporter = loopbackTcp({ peers: { [gatewayId]: gatewayPort } });
  const broker = new ServiceBroker({
    namespace,
    nodeID,
    transporter,
    logger: false,
    tracking: { enabled: true },
    skipProcessEventRegistration: true,
  });
  broker.createService(service);
  await broker.start();
  transporter.sendGossipRequest();
  return broker;
}
