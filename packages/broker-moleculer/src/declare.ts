import type { ServiceBroker } from "moleculer";

/** What a node says of itself below `tidegate` in its metadata. */
export interface NodeWord {
  /** Seconds between its heartbeats. */
  readonly heartbeat?: number;
  /** The number of the contract by which it takes cancellations. */
  readonly cancel?: number;
}

/** Adds to what a node says of itself. To be called before it is connected. */
export function declareOnNode(broker: ServiceBroker, word: NodeWord): void {
  const { localNode } = broker.registry.nodes;
  const metadata: Record<string, unknown> = broker.metadata;
  broker.metadata = { ...metadata, tidegate: { ...objectOf(metadata.tidegate), ...word } };
  if (localNode !== undefined) localNode.metadata = broker.metadata;
}

/** What a node says of itself; nothing where it is not known. Comes from outside. */
export function wordOf(broker: ServiceBroker, nodeID: string): Readonly<Record<keyof NodeWord, unknown>> {
  const { heartbeat, cancel } = objectOf(objectOf(broker.registry.nodes.get(nodeID)?.metadata).tidegate);
  return { heartbeat, cancel };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
