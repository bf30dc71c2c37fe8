import type { EventEmitter } from "node:events";
import type { Registry, ServiceBroker } from "moleculer";

type Info = ReturnType<Registry["getLocalNodeInfo"]>;

type Node = ReturnType<Registry["nodes"]["toArray"]>[number];

/** What is used of Moleculer's TCP transporter. */
interface Gossip {
  readonly writer: EventEmitter;
  publish(packet: object): Promise<void>;
  sendGossipToRandomEndpoint(packet: object, nodes: readonly Node[]): void;
  addOfflineNode(id: string, address: string, port: number): Node;
  processGossipHello(message: Buffer, socket: unknown): void;
  deserialize(type: string, message: Buffer): { readonly payload?: Payload } | null;
}

interface Payload {
  readonly sender?: unknown;
  online?: unknown;
  offline?: unknown;
}

/** What a packet of gossip tells of nodes, by their ids. It comes from outside. */
export interface GossipRows {
  /** Those that are there: where they are, and their load. */
  readonly online: Record<string, unknown>;
  /** Those that are not: the numbers that they went with. */
  readonly offline: Record<string, unknown>;
}

/**
 * Asks TCP peers for their services at once, where Moleculer would wait for its next round of gossip (1 to 2 seconds, one
 * peer a round): each that is named, or says hello, and is not known or was gone. Does nothing for other transporters.
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
  const processGossipHello = gossip.processGossipHello.bind(gossip);
  gossip.processGossipHello = (message, socket) => {
    const known = senderOf(broker, gossip, message);
    processGossipHello(message, socket);
    if (known !== undefined && !known.available && !known.local) ask(broker, gossip, [known]);
  };
}

function senderOf(broker: ServiceBroker, gossip: Gossip, message: Buffer): Node | undefined {
  try {
    const sender = gossip.deserialize("GOSSIP_HELLO", message)?.payload?.sender;
    return typeof sender === "string" ? broker.registry.nodes.get(sender) : undefined;
  } catch {
    return undefined;
  }
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

/** Sends this node's services to one TCP peer at once, as an answer that it did not ask for. False for other transporters. */
export function sendInfoByGossip(broker: ServiceBroker, info: Info, target: string): boolean {
  const gossip = gossipOf(broker);
  if (gossip === undefined) return false;
  const local = broker.registry.nodes.localNode;
  const payload = { online: { [broker.nodeID]: [info, local?.cpuSeq ?? 0, local?.cpu ?? 0] } };
  gossip.publish({ type: "GOSSIP_RES", target, payload }).catch((error: unknown) => {
    broker.logger.debug(`Node ${target} could not be told of a change.`, error);
  });
  return true;
}

/** Pings one TCP peer; Moleculer would log each that cannot be reached. @throws where it cannot, or for other transporters */
export async function pingByGossip(broker: ServiceBroker, target: string, id: string): Promise<void> {
  const gossip = gossipOf(broker);
  if (gossip === undefined) throw new Error("Only TCP peers are asked so.");
  await gossip.publish({ type: "PING", target, payload: { time: Date.now(), id } });
}

/** Shows what TCP peers tell of nodes before Moleculer reads it; what is changed in it, Moleculer reads so. */
export function readGossip(
  broker: ServiceBroker,
  read: (type: "GOSSIP_REQ" | "GOSSIP_RES", rows: GossipRows) => void,
): void {
  const gossip = gossipOf(broker);
  if (gossip === undefined) return;
  const deserialize = gossip.deserialize.bind(gossip);
  gossip.deserialize = (type, message) => {
    const packet = deserialize(type, message);
    const payload = packet?.payload;
    if ((type !== "GOSSIP_REQ" && type !== "GOSSIP_RES") || !isObject(payload)) return packet;
    const rows = { online: rowsOf(payload.online), offline: rowsOf(payload.offline) };
    read(type, rows);
    Object.assign(payload, rows);
    return packet;
  };
}

/** Whether a broker talks by TCP. */
export function isTcp(broker: ServiceBroker): boolean {
  return gossipOf(broker) !== undefined;
}

function rowsOf(rows: unknown): Record<string, unknown> {
  return isObject(rows) ? rows : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ask(broker: ServiceBroker, gossip: Gossip, nodes: readonly Node[]): void {
  if (!broker.transit?.tx.connected) return;
  const online = Object.fromEntries(
    broker.registry.nodes
      .toArray()
      .filter((node) => node.available)
      .map((node) => [node.id, [node.seq, node.cpuSeq ?? 0, node.cpu ?? 0]]),
  );
  for (const node of nodes) {
    // Who was taken for gone answers with a number that is higher than the one it was gone with.
    const offline = !node.available && node.seq > 0 ? { offline: { [node.id]: node.seq } } : {};
    gossip.sendGossipToRandomEndpoint({ online, ...offline }, [node]);
  }
}

function gossipOf(broker: ServiceBroker): Gossip | undefined {
  const tx: object | undefined = broker.transit?.tx;
  return tx !== undefined && "sendGossipToRandomEndpoint" in tx ? (tx as Gossip) : undefined;
}
