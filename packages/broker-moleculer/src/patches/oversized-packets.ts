/*
 * Patch: who sent a TCP packet that is too large is logged (Moleculer 0.15).
 *
 * The reader of Moleculer's TCP transporter drops a packet above `maxPacketSize`, and the connection with it,
 * and logs neither the node nor what it means (`tcp-reader.js`).
 *
 * Without the patch, a service whose node description is too large, mostly for its fragment, is invisible to
 * the gateway, and no line of the log names it.
 *
 * Can be removed when Moleculer names the sender.
 */
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { Clock } from "@tidegate/core-registry";
import type { ServiceBroker } from "moleculer";

/** The parts of Moleculer's TCP transporter that the patch replaces. */
interface TcpServer {
  readonly reader: { onTcpClientConnected(socket: Socket): void };
  startTcpServer(): Promise<void>;
}

/** Moleculer's parser of packets. `buf` holds the beginning of a packet that has not arrived completely. */
interface PacketParser extends Writable {
  readonly buf: Buffer | null;
}

/** Milliseconds in which one node is logged once: it sends its description again every second. */
const repeatAfterMs = 60_000;
const maxNodes = 1_000;
/** Bytes of the packet that are searched for the sender. */
const headBytes = 2_048;

/**
 * Logs which node sent a packet that the TCP transporter drops for its size. Does nothing for other
 * transporters.
 */
export function nameOversizedPackets(broker: ServiceBroker, clock: Pick<Clock, "now">): void {
  const tx: object | undefined = broker.transit?.tx;
  if (tx === undefined || !("startTcpServer" in tx)) return;
  const server = tx as TcpServer;
  const loggedAt = new Map<string, number>();
  const log = (head: Buffer, socket: Socket): void => {
    const node = senderOf(head) ?? `at ${socket.remoteAddress ?? "an unknown address"}`;
    const now = clock.now();
    for (const [other, at] of loggedAt) if (now - at >= repeatAfterMs) loggedAt.delete(other);
    if (loggedAt.has(node) || loggedAt.size >= maxNodes) return;
    loggedAt.set(node, now);
    broker.logger.warn(
      `Node ${node} sends a packet that exceeds maxPacketSize, so its services cannot be discovered. ` +
        "If a fragment is too large, use the mixin tidegate() of @tidegate/service-moleculer: " +
        "it hands out large fragments in pieces.",
    );
  };
  const start = server.startTcpServer.bind(server);
  server.startTcpServer = () => {
    const started = start();
    observe(server.reader, log);
    return started;
  };
}

function observe(reader: TcpServer["reader"], log: (head: Buffer, socket: Socket) => void): void {
  const connected = reader.onTcpClientConnected.bind(reader);
  reader.onTcpClientConnected = (socket) => {
    const pipe = socket.pipe.bind(socket);
    socket.pipe = (parser, options) => {
      if (isPacketParser(parser)) observeParser(parser, (head) => log(head, socket));
      return pipe(parser, options);
    };
    connected(socket);
  };
}

function isPacketParser(target: object): target is PacketParser {
  return "buf" in target && "_write" in target;
}

function observeParser(parser: PacketParser, onOversized: (head: Buffer) => void): void {
  const write = parser._write.bind(parser);
  let head: Buffer | null = null;
  parser._write = (chunk: Buffer, encoding, callback) => {
    head = parser.buf ?? chunk;
    write(chunk, encoding, callback);
  };
  parser.on("error", (error: Error) => {
    if (head !== null && error.message.includes("maxPacketSize")) onOversized(head);
  });
}

/**
 * The node that a gossip or INFO packet describes, or that sends it, where the packet's beginning shows it.
 */
function senderOf(packet: Buffer): string | undefined {
  const text = packet.toString("utf8", 0, headBytes);
  const [, node] = /"(?:online":\{|sender":)"([^"\\]{1,256})"/.exec(text) ?? [];
  return node;
}
