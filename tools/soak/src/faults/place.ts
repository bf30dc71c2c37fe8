import type { BrokerOptions } from "moleculer";

/** The transporters that faults are tried on. */
export type TransportName = "TCP" | "NATS" | "Redis";

/** Where the nodes of a run meet, as it is handed to each process. */
export interface Place {
  /** How they talk. */
  readonly transport: TransportName;
  /** Moleculer's namespace. */
  readonly namespace: string;
  /** The ports of the nodes by their ids, for TCP. */
  readonly ports: Readonly<Record<string, number>>;
  /** The server's port, for NATS and Redis. */
  readonly serverPort: number;
  /** The address at which each node reaches the server, where it is not 127.0.0.1. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** Moleculer's options for a node at that place: quiet, and quick to miss others. */
export function optionsAt(place: Place, nodeID: string): BrokerOptions {
  return {
    namespace: place.namespace,
    nodeID,
    logger: false,
    skipProcessEventRegistration: true,
    heartbeatInterval: 1,
    heartbeatTimeout: 3,
    transporter: transporterAt(place, nodeID),
  };
}

function transporterAt(place: Place, nodeID: string): NonNullable<BrokerOptions["transporter"]> {
  const address = place.addresses[nodeID] ?? "127.0.0.1";
  const port = place.serverPort;
  switch (place.transport) {
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
      const urls = Object.entries(place.ports).map(([id, nodePort]) => `tcp://127.0.0.1:${nodePort}/${id}`);
      return {
        type: "TCP",
        options: { udpDiscovery: false, urls: urls.join(","), useHostname: false, gossipPeriod: 1 },
      };
    }
  }
}
