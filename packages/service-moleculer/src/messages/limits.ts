import type { ServiceBroker } from "moleculer";
import { capabilitiesOf } from "../wire/metadata.ts";
import { isCount, objectOrEmpty } from "../wire/values.ts";

/** Bytes that a message between two nodes can have by default, as it is serialised (S13.1). */
export const defaultMaxMessageBytes: number = 16 * 1_024 * 1_024;

/** Larger packets travel in pieces where the other node can join them, whatever the transporter can carry. */
const pieceThreshold = 1_024 * 1_024;

/** The `maxPacketSize` of Moleculer's TCP transporter if its options name none. */
const defaultTcpPacketBytes = 1_024 * 1_024;

/**
 * Bytes that Moleculer's TCP parser reads at once. It compares the limit with all bytes that it has buffered,
 * so bytes of the next packet count too.
 */
const tcpReadBytes = 64 * 1_024;

/** Bytes of the header of a TCP packet. */
const tcpHeaderBytes = 6;

/** Bytes that a packet needs beside the chunk of a stream that it carries. */
const envelopeBytes = 16 * 1_024;

/** Bytes of one chunk of a stream where the transporter does not demand less. */
const maxChunkBytes = 256 * 1_024;

interface TcpOptions {
  maxPacketSize?: number;
}

/** The largest packets that the TCP peers of a broker accept, if the broker's own limit was raised. */
const tcpPeerLimits = new WeakMap<ServiceBroker, number>();

/**
 * The bytes that one packet can have on the broker's transporter: `maxPacketSize` of TCP, `max_payload` of
 * the NATS server. Infinity for all others: Redis carries 512 MB, more than a message can have.
 */
export function packetLimit(broker: ServiceBroker): number {
  const tcp = tcpOptionsOf(broker);
  if (tcp !== undefined) {
    const size = tcpPeerLimits.get(broker) ?? tcp.maxPacketSize;
    return size ? Math.max(0, size - tcpReadBytes - tcpHeaderBytes) : Number.POSITIVE_INFINITY;
  }
  const { client } = objectOrEmpty(broker.transit?.tx);
  const payload = objectOrEmpty(objectOrEmpty(client).info).max_payload;
  return isCount(payload) && payload > 0 ? payload : Number.POSITIVE_INFINITY;
}

/** The bytes above which a packet travels in pieces, if the other node can join them. */
export function pieceLimit(broker: ServiceBroker): number {
  return Math.min(packetLimit(broker), pieceThreshold);
}

/**
 * The bytes of a stream's chunk that fit into one packet, also as a list of numbers in JSON, which has up to
 * four characters for each byte: Moleculer's own form, for nodes without the preset.
 */
export function chunkLimit(broker: ServiceBroker): number {
  const limit = packetLimit(broker);
  const room = Math.max(limit - envelopeBytes, limit / 2);
  return Math.max(1, Math.min(maxChunkBytes, Math.floor(room / 4)));
}

/** Makes Moleculer cut the chunks of its own streams so that they fit into one packet. */
export function limitChunks(broker: ServiceBroker): void {
  const options = broker.transit?.opts;
  if (options === undefined || !options.maxChunkSize) return;
  options.maxChunkSize = Math.min(options.maxChunkSize, chunkLimit(broker));
}

/**
 * Lets a broker on TCP receive packets of `bytes` bytes from nodes that send no pieces. Keeps a
 * `maxPacketSize` of the user's own. The size of what the broker sends stays limited to what others accept by
 * default.
 */
export function acceptLargePackets(broker: ServiceBroker, bytes: number): void {
  const tcp = tcpOptionsOf(broker);
  if (tcp?.maxPacketSize !== defaultTcpPacketBytes) return;
  tcpPeerLimits.set(broker, defaultTcpPacketBytes);
  tcp.maxPacketSize = Math.max(defaultTcpPacketBytes, bytes + tcpReadBytes + tcpHeaderBytes);
}

function tcpOptionsOf(broker: ServiceBroker): TcpOptions | undefined {
  const tx: object | undefined = broker.transit?.tx;
  if (tx === undefined || !("sendGossipToRandomEndpoint" in tx) || !("opts" in tx)) return undefined;
  return tx.opts as TcpOptions;
}

/** The most bytes that a message to all of the given nodes can have. The nodes have sent their metadata. */
export function messageLimit(
  broker: ServiceBroker,
  nodes: Iterable<string>,
  maxMessageBytes: number,
): number {
  const packet = packetLimit(broker);
  const sendsPieces = capabilitiesOf(broker, broker.nodeID).message !== undefined;
  let limit = maxMessageBytes;
  for (const node of nodes) {
    const { message } = capabilitiesOf(broker, node);
    limit = Math.min(limit, sendsPieces && isCount(message) ? message : packet);
  }
  return limit;
}

/** Nodes whose limits are known from their calls alone. */
const maxLearnedNodes = 1_000;

/** The largest messages that other nodes join from pieces: from their metadata, else from their calls. */
export class PeerLimits {
  readonly #broker: ServiceBroker;
  readonly #learned = new Map<string, number>();

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
  }

  /** In bytes; undefined for a node that joins no pieces, and for an unknown node. */
  of(node: unknown): number | undefined {
    if (typeof node !== "string") return undefined;
    const { message } = capabilitiesOf(this.#broker, node);
    return isCount(message) ? message : this.#learned.get(node);
  }

  /** Stores the limit that came with a node's call, which can arrive before the node's INFO packet. */
  learn(node: string, bytes: unknown): void {
    if (!isCount(bytes) || (this.#learned.size >= maxLearnedNodes && !this.#learned.has(node))) return;
    this.#learned.set(node, bytes);
  }

  /** Removes the limit that `learn` stored for a node. */
  forget(node: string): void {
    this.#learned.delete(node);
  }
}
