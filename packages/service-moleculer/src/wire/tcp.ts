import type { EventEmitter } from "node:events";
import type { Registry, ServiceBroker } from "moleculer";

/** The INFO packet in which a node describes itself and its services. */
export type NodeInfo = ReturnType<Registry["getLocalNodeInfo"]>;

/** An entry of Moleculer's node registry. */
export type RegistryNode = ReturnType<Registry["nodes"]["toArray"]>[number];

/** The members of Moleculer's TCP transporter that this package calls or replaces. */
export interface TcpTransporter {
  readonly opts: { maxConnections?: number };
  readonly writer: TcpWriter;
  publish(packet: object): Promise<void>;
  sendGossipToRandomEndpoint(packet: object, nodes: readonly RegistryNode[]): void;
  addOfflineNode(id: string, address: string, port: number): RegistryNode;
  processGossipHello(message: Buffer, socket: unknown): void;
  deserialize(type: string, message: Buffer): { readonly payload?: GossipPayload } | null;
}

/**
 * Moleculer's outgoing connections. Emits `error` with the error and the id of a node that is unreachable.
 */
export interface TcpWriter extends EventEmitter {
  /** Closes the connection to a node. The next packet opens another one. */
  removeSocket(nodeID: string): void;
}

/** The payload of a gossip packet. Another node sent it, so nothing in it is checked. */
export interface GossipPayload {
  readonly sender?: unknown;
  online?: unknown;
  offline?: unknown;
}

/**
 * A wait is split into this many timers. If the process itself was blocked, it then reads what arrived in the
 * meantime before the last timer fires.
 */
const timersPerWait = 4;

/** Returns the broker's transporter if it is Moleculer's TCP transporter. */
export function tcpTransporter(broker: ServiceBroker): TcpTransporter | undefined {
  const tx: object | undefined = broker.transit?.tx;
  return tx !== undefined && "sendGossipToRandomEndpoint" in tx ? (tx as TcpTransporter) : undefined;
}

/**
 * Sends this node's INFO to one TCP peer as an unrequested gossip response. Returns false for other
 * transporters.
 */
export function sendInfoByTcp(broker: ServiceBroker, info: NodeInfo, target: string): boolean {
  const tcp = tcpTransporter(broker);
  if (tcp === undefined) return false;
  const local = broker.registry.nodes.localNode;
  const payload = { online: { [broker.nodeID]: [info, local?.cpuSeq ?? 0, local?.cpu ?? 0] } };
  tcp.publish({ type: "GOSSIP_RES", target, payload }).catch((error: unknown) => {
    broker.logger.debug(`The INFO packet could not be sent to node ${target}.`, error);
  });
  return true;
}

/** Requests the INFO packets of TCP peers at once, instead of with the next rounds of gossip. */
export function requestInfo(
  broker: ServiceBroker,
  tcp: TcpTransporter,
  nodes: readonly RegistryNode[],
): void {
  if (!broker.transit?.tx.connected) return;
  const online = Object.fromEntries(
    broker.registry.nodes
      .toArray()
      .filter((node) => node.available)
      .map((node) => [node.id, [node.seq, node.cpuSeq ?? 0, node.cpu ?? 0]]),
  );
  for (const node of nodes) {
    // A node that reads that it is taken for offline answers with a higher sequence number, which brings it
    // back.
    const offline = !node.available && node.seq > 0 ? { offline: { [node.id]: node.seq } } : {};
    tcp.sendGossipToRandomEndpoint({ online, ...offline }, [node]);
  }
}

interface Ping {
  readonly node: string;
  /** Called when the node answers, disconnects or cannot be reached. */
  readonly settle: () => void;
}

/** The pending pings of each broker, by their ids. */
const pendingPings = new WeakMap<ServiceBroker, Map<string, Ping>>();

/**
 * Pings TCP peers and resolves with those that do not answer within `ms` milliseconds (default: no limit), as
 * soon as every other one has answered, disconnected or turned out to be unreachable. A node that answers has
 * read everything that was sent to it before, and everything that it sent before has arrived. Empty for other
 * transporters.
 */
export async function silentPeers(
  broker: ServiceBroker,
  nodes: readonly string[],
  ms?: number,
): Promise<ReadonlySet<string>> {
  const pings = pingsOf(broker);
  const silent = new Set(nodes);
  const ids = new Set<string>();
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const node of nodes) {
    const id = crypto.randomUUID();
    const settle = (): void => {
      silent.delete(node);
      pings.delete(id);
      if (silent.size === 0) resolve();
    };
    ids.add(id);
    pings.set(id, { node, settle });
    sendPing(broker, node, id).catch(settle);
  }
  if (nodes.length === 0) resolve();
  let timersLeft = timersPerWait;
  const timer =
    ms === undefined
      ? undefined
      : setInterval(() => {
          timersLeft -= 1;
          if (timersLeft === 0) resolve();
        }, ms / timersPerWait).unref();
  await promise;
  clearInterval(timer);
  for (const id of ids) pings.delete(id);
  return silent;
}

/** Pings by a packet of its own: `broker.ping` logs an error for each node that cannot be reached. */
async function sendPing(broker: ServiceBroker, target: string, id: string): Promise<void> {
  const tcp = tcpTransporter(broker);
  if (tcp === undefined) throw new Error("The broker does not use TCP.");
  await tcp.publish({ type: "PING", target, payload: { time: Date.now(), id } });
}

function pingsOf(broker: ServiceBroker): Map<string, Ping> {
  const known = pendingPings.get(broker);
  if (known !== undefined) return known;
  const pings = new Map<string, Ping>();
  pendingPings.set(broker, pings);
  broker.localBus.on("$node.pong", ({ id, nodeID }: { id: string; nodeID: string }) => {
    const ping = pings.get(id);
    if (ping?.node === nodeID) ping.settle();
  });
  broker.localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) => {
    for (const ping of [...pings.values()]) if (ping.node === node.id) ping.settle();
  });
  return pings;
}
