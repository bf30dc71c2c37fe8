import type { BrokerHealth } from "@tidegate/core-registry";
import type { ServiceBroker } from "moleculer";

/** Is told how a connection does. */
export type HealthListener = (state: BrokerHealth["state"], reason?: string) => void;

/** Follows whether a broker's transporter is connected. */
export interface HealthWatch {
  /** Tells how it is now. */
  look(): void;
  /** Follows it no more. */
  stop(): void;
}

const lost = "The transporter is not connected.";

/** What is used of the NATS client, which connects again by itself and tells nobody else. */
interface StatusClient {
  status(): AsyncIterable<{ readonly type: string }>;
}

/** Watches a transporter: by Moleculer's own events and flag, and for NATS by its client's. */
export function watchHealth(broker: ServiceBroker, tell: HealthListener): HealthWatch {
  let reachable = true;
  let over = false;
  const look = (): void => {
    const connected = broker.transit === undefined || (broker.transit.tx.connected && reachable);
    if (!over) tell(connected ? "up" : "connecting", connected ? undefined : lost);
  };
  const follow = async (client: StatusClient): Promise<void> => {
    for await (const { type } of client.status()) {
      if (type !== "disconnect" && type !== "reconnect") continue;
      reachable = type === "reconnect";
      look();
    }
  };
  const connected = (): void => {
    reachable = true;
    look();
    const client = clientOf(broker);
    if (client !== undefined) follow(client).catch(look);
  };
  broker.localBus.on("$transporter.connected", connected);
  broker.localBus.on("$transporter.disconnected", look);
  return {
    look,
    stop: () => {
      over = true;
      broker.localBus.off("$transporter.connected", connected);
      broker.localBus.off("$transporter.disconnected", look);
    },
  };
}

function clientOf(broker: ServiceBroker): StatusClient | undefined {
  const tx: object = broker.transit?.tx ?? {};
  const client = "client" in tx ? tx.client : undefined;
  const tells = typeof client === "object" && client !== null && "status" in client;
  return tells && typeof client.status === "function" ? (client as StatusClient) : undefined;
}
