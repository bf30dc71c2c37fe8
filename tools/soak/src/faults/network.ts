import type { BrokerOptions } from "moleculer";

/** The transporters that are tested with faults. */
export type TransportName = "TCP" | "NATS" | "Redis";

/** How the nodes of a run connect to each other. Each process receives it as JSON. */
export interface Network {
  readonly transport: TransportName;
  readonly namespace: string;
  /** The ports of the nodes by id, for TCP. */
  readonly ports: Readonly<Record<string, number>>;
  /** The server's port, for NATS and Redis. */
  readonly serverPort: number;
  /** The addresses of the server by node id. Default: 127.0.0.1. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** Moleculer's options for a node of the network: without log, with a short heartbeat. */
export function brokerOptions(network: Network, nodeID: string): BrokerOptions {
  return {
    namespace: network.namespace,
    nodeID,
    logger: false,
    skipProcessEventRegistration: true,
    heartbeatInterval: 1,
    heartbeatTimeout: 3,
    transporter: transporterOf(network, nodeID),
  };
}

function transporterOf(network: Network, nodeID: string): NonNullable<BrokerOptions["transporter"]> {
  const address = network.addresses[nodeID] ?? "127.0.0.1";
  const port = network.serverPort;
  switch (network.transport) {
    case "NATS":
      return {
        type: "NATS",
        options: {
          url: `nats://${address}:${port}`,
          maxReconnectAttempts: -1,
          reconnectTimeWait: 250,
          pingInterval: 1_000,
        },
      };
    case "Redis":
      return { type: "Redis", options: { host: address, port } };
    case "TCP": {
      const urls = Object.entries(network.ports).map(([id, nodePort]) => `tcp://127.0.0.1:${nodePort}/${id}`);
      return {
        type: "TCP",
        options: { udpDiscovery: false, urls: urls.join(","), useHostname: false, gossipPeriod: 1 },
      };
    }
  }
}
