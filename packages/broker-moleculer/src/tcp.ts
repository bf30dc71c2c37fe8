import type { EventEmitter } from "node:events";
import type { Registry, ServiceBroker } from "moleculer";

type Node = ReturnType<Registry["nodes"]["toArray"]>[number];

/** What is used of Moleculer's TCP transporter. */
interface Gossip {
  readonly writer: EventEmitter;
  sendGossipToRandomEndpoint(packet: object, nodes: readonly Node[]): void;
  addOfflineNode(id: string, address: string, port: number): Node;
}

/**
 * Asks TCP peers for their services at once, where Moleculer would wait for its next round of gossip (1 to 2 seconds, one
 * peer a round): those that are known, and each that says hello from now on. Does nothing for other transporters.
 */
export function askPeersEarly(broker: ServiceBroker): void {
  const gossip = gossipOf(broker);
  if (gossip === undefined) return;
  const addOfflineNode = gossip.addOfflineNode.bind(gossip);
  gossip.addOfflineNode = (id, address, port) => {
    const node = addOfflineNode(id, address, port);
    // The address it is reached at is noted after this, in the same turn.
    setImmediate(() => ask(broker, gossip, [node]));
    return node;
  };
}

/** Asks all TCP peers that were named and not heard of yet; resolves when each answered or could not be reached, or after `ms` milliseconds. */
export async function peersAnswered(broker: ServiceBroker, ms: number): Promise<void> {
  const gossip = gossipOf(broker);
  if (gossip === undefined) return;
  const silent = broker.registry.nodes.toArray().filter((node) => !node.available && node.seq === 0);
  if (silent.length === 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = new Set(silent.map((node) => node.id));
  const settle = (id: string): void => {
    if (waiting.delete(id) && waiting.size === 0) resolve();
  };
  const connected = ({ node }: { node: Node }): void => settle(node.id);
  const failed = (_error: unknown, id: string): void => settle(id);
  const timer = setTimeout(resolve, ms);
  broker.localBus.on("$node.connected", connected);
  gossip.writer.on("error", failed);
  ask(broker, gossip, silent);
  await promise;
  clearTimeout(timer);
  broker.localBus.off("$node.connected", connected);
  gossip.writer.off("error", failed);
}

/** Asks TCP peers for what is new with them. */
export function askPeers(broker: ServiceBroker): void {
  const gossip = gossipOf(broker);
  const peers = broker.registry.nodes.toArray().filter((node) => !node.local);
  if (gossip !== undefined) ask(broker, gossip, peers);
}

function ask(broker: ServiceBroker, gossip: Gossip, nodes: readonly Node[]): void {
  if (!broker.transit?.tx.connected) return;
  const online = Object.fromEntries(
    broker.registry.nodes
      .toArray()
      .filter((node) => node.available)
      .map((node) => [node.id, [node.seq, node.cpuSeq ?? 0, node.cpu ?? 0]]),
  );
  for (const node of nodes) gossip.sendGossipToRandomEndpoint({ online }, [node]);
}

function gossipOf(broker: ServiceBroker): Gossip | undefined {
  const tx: object | undefined = broker.transit?.tx;
  return tx !== undefined && "sendGossipToRandomEndpoint" in tx ? (tx as Gossip) : undefined;
}
