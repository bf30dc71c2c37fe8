import type { ServiceBroker } from "moleculer";
import { objectOrEmpty } from "./values.ts";

/** What a node announces about itself below `tidegate` in its metadata. */
export interface NodeCapabilities {
  /** Seconds between the node's heartbeats. */
  readonly heartbeat?: number;
  /** Version of the cancellation protocol that the node supports. */
  readonly cancel?: number;
  /** The credit window, in bytes and chunks, that the node grants to each stream sent to it. */
  readonly credit?: readonly [bytes: number, chunks: number];
}

/** Adds to the capabilities in this node's metadata. Has to be called before the broker connects. */
export function announceCapabilities(broker: ServiceBroker, capabilities: NodeCapabilities): void {
  const { localNode } = broker.registry.nodes;
  const metadata: Record<string, unknown> = broker.metadata;
  broker.metadata = {
    ...metadata,
    tidegate: { ...objectOrEmpty(metadata.tidegate), ...capabilities },
  };
  if (localNode !== undefined) localNode.metadata = broker.metadata;
}

/** Reads the capabilities that a node announces. The values come from that node and are not checked. */
export function capabilitiesOf(
  broker: ServiceBroker,
  nodeID: string,
): Readonly<Partial<Record<keyof NodeCapabilities, unknown>>> {
  const metadata: unknown = broker.registry.nodes.get(nodeID)?.metadata;
  return objectOrEmpty(objectOrEmpty(metadata).tidegate);
}
