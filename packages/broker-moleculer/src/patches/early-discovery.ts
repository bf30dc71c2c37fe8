/*
 * Patch: TCP peers are asked for their services at once (TCP transporter, Moleculer 0.15).
 *
 * Moleculer requests the INFO of a new peer with its next round of gossip: every 1 to 2 seconds, from one
 * peer per round.
 *
 * Without the patch, a gateway that starts discovers the last of N nodes only after about N seconds, and
 * answers 503 or 404 until then.
 *
 * Can be removed when Moleculer requests the INFO of a peer as soon as it learns of it.
 */
import { type RegistryNode, requestInfo, tcpTransporter } from "@tidegate/service-moleculer/wire";
import type { ServiceBroker } from "moleculer";

/** Requests the INFO of each TCP peer as soon as it is found. Does nothing for other transporters. */
export function discoverPeersEarly(broker: ServiceBroker): void {
  const tcp = tcpTransporter(broker);
  if (tcp === undefined) return;
  const addOfflineNode = tcp.addOfflineNode.bind(tcp);
  tcp.addOfflineNode = (id, address, port) => {
    const node = addOfflineNode(id, address, port);
    // Moleculer sets the address of the node after this call, in the same turn.
    setImmediate(() => requestInfo(broker, tcp, [node]));
    return node;
  };
}

/**
 * Requests the INFO of all TCP peers that are configured and not known yet. Resolves when each one has
 * answered or turned out to be unreachable, or after `ms` milliseconds.
 */
export async function discoverPeers(broker: ServiceBroker, ms: number): Promise<void> {
  const tcp = tcpTransporter(broker);
  if (tcp === undefined) return;
  const unknown = broker.registry.nodes.toArray().filter((node) => !node.available && node.seq === 0);
  if (unknown.length === 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = new Set(unknown.map((node) => node.id));
  const settle = (id: string): void => {
    if (waiting.delete(id) && waiting.size === 0) resolve();
  };
  const connected = ({ node }: { node: RegistryNode }): void => settle(node.id);
  const failed = (_error: unknown, id: string): void => settle(id);
  const timer = setTimeout(resolve, ms);
  broker.localBus.on("$node.connected", connected);
  tcp.writer.on("error", failed);
  requestInfo(broker, tcp, unknown);
  await promise;
  clearTimeout(timer);
  broker.localBus.off("$node.connected", connected);
  tcp.writer.off("error", failed);
}

/** Sends each TCP peer a gossip request at once, and so learns what changed there. */
export function refreshPeers(broker: ServiceBroker): void {
  const tcp = tcpTransporter(broker);
  const peers = broker.registry.nodes.toArray().filter((node) => !node.local);
  if (tcp !== undefined) requestInfo(broker, tcp, peers);
}
