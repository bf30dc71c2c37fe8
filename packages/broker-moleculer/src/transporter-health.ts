import type { BrokerHealth, BrokerSink } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";
import { onConnectionChange } from "@tidegate/service-moleculer/wire";
import type { ServiceBroker } from "moleculer";

/** Receives the health of a connection. */
export type HealthListener = (state: BrokerHealth["state"], reason?: string) => void;

/** Follows whether the transporter of a broker is connected. */
export interface TransporterHealth {
  /** Sends the current state to the listener. */
  refresh(): void;
  stop(): void;
}

/**
 * Reports whether the transporter is connected: to the listener of the broker's health, with the
 * transporter's last error as the reason, and to the sink, when a connection is lost and when it is back
 * (S9.3).
 */
export function watchTransporter(
  broker: ServiceBroker,
  sink: BrokerSink,
  setHealth: HealthListener,
): TransporterHealth {
  let lastError: string | undefined;
  let wasConnected = isConnected(broker);
  const refresh = (): void => {
    if (isConnected(broker)) setHealth("up");
    else setHealth("connecting", reasonOf(lastError));
  };
  const changed = (): void => {
    const connected = isConnected(broker);
    if (connected) lastError = undefined;
    refresh();
    // A broker that stops disconnects itself.
    if (connected === wasConnected || broker.stopping) return;
    wasConnected = connected;
    sink.connectionChanged?.(connected ? "up" : "lost");
  };
  const failed = ({ error }: { error?: unknown }): void => {
    if (isObject(error) && typeof error.message === "string" && error.message !== "")
      lastError = error.message;
    refresh();
  };
  const stopFollowing = onConnectionChange(broker, changed);
  broker.localBus.on("$transporter.connected", changed);
  broker.localBus.on("$transporter.disconnected", changed);
  broker.localBus.on("$transporter.error", failed);
  return {
    refresh,
    stop: () => {
      stopFollowing();
      broker.localBus.off("$transporter.connected", changed);
      broker.localBus.off("$transporter.disconnected", changed);
      broker.localBus.off("$transporter.error", failed);
    },
  };
}

function isConnected({ transit }: ServiceBroker): boolean {
  return transit === undefined || transit.tx.connected;
}

function reasonOf(error: string | undefined): string {
  return error === undefined
    ? "The transporter is not connected."
    : `The transporter is not connected: ${error}`;
}
