import type { ServiceBroker } from "moleculer";
import { messageTooLargeError } from "../wire/errors.ts";
import { announceCapabilities } from "../wire/metadata.ts";
import {
  type DataSender,
  type Hooks,
  type MiddlewareFactory,
  middleware,
  type Packet,
} from "../wire/middleware.ts";
import { isFirstPatch } from "../wire/patched.ts";
import { cancelEvent, failCall } from "../wire/running-requests.ts";
import { isObject, objectOrEmpty } from "../wire/values.ts";
import { failStream, sendAnswers, UnsentAnswers } from "./answers.ts";
import {
  acceptLargePackets,
  defaultMaxMessageBytes,
  limitChunks,
  PeerLimits,
  packetLimit,
  pieceLimit,
} from "./limits.ts";
import { Pieces, pieceEvent } from "./pieces.ts";
import { decodePayload, encodePayload, restoreOnReceipt } from "./serialized-bytes.ts";

const middlewareName = "TidegateMessageSizes";

/** The parts that handle the messages of one broker. */
interface Messages {
  readonly broker: ServiceBroker;
  readonly maxMessageBytes: number;
  readonly peers: PeerLimits;
  readonly pieces: Pieces;
  readonly answers: UnsentAnswers;
  /** Types of packets without a sender that waits, of which one too large was logged. */
  readonly logged: Set<unknown>;
}

/**
 * Returns a middleware that compares the size of each packet with what its transporter can carry before it is
 * sent (S13.1). A larger packet of a call, an answer or an event travels in pieces to nodes that have this
 * middleware too. If it is larger than `maxMessageBytes`, or its node joins no pieces, the call or event
 * fails with `MESSAGE_TOO_LARGE`, and the caller receives such an error in place of the answer.
 *
 * An answer that cannot be serialised becomes an error, and an error is sent without the members that cannot
 * be serialised, so that neither ends the process. Bytes in params, answers and events arrive as bytes.
 *
 * Has to be the innermost middleware: it then measures what is really sent.
 * @param maxMessageBytes bytes of the largest message in either direction. Default 16 MiB
 */
export function messageSizes(maxMessageBytes: number = defaultMaxMessageBytes): MiddlewareFactory {
  return middleware(middlewareName, (broker) => {
    const peers = new PeerLimits(broker);
    const messages: Messages = {
      broker,
      maxMessageBytes,
      peers,
      pieces: new Pieces(broker, maxMessageBytes),
      answers: new UnsentAnswers(broker),
      logged: new Set(),
    };
    return {
      created: () => start(messages),
      started: async () => {
        limitChunks(broker);
        // Later than the patches that wait for the readers of the last answers, so that it runs before them.
        finishBeforeDisconnect(messages);
      },
      transitPublish: (next) => (packet) => {
        prepare(messages, packet);
        return sendAnswers(messages.answers, next, packet, () => {
          encodePayload(broker, packet, peers.of(packet.target) !== undefined);
        });
      },
      transporterSend: (next) => limitedSend(messages, next),
      transitMessageHandler: (next) => (command, packet) =>
        packet === undefined || receive(messages, command, packet)
          ? next(command, packet)
          : broker.Promise.resolve(true),
    } satisfies Hooks;
  });
}

/**
 * Compares the size of each packet that an existing broker without the middleware sends with what its
 * transporter can carry, and rejects a packet that is larger. Does nothing for a broker with the middleware.
 */
export function checkMessageSizes(broker: ServiceBroker, maxMessageBytes: number): void {
  if (broker.transit === undefined || !isFirstPatch(broker, middlewareName)) return;
  const messages = {
    broker,
    maxMessageBytes,
    peers: new PeerLimits(broker),
    pieces: new Pieces(broker, maxMessageBytes),
    answers: new UnsentAnswers(broker),
    logged: new Set(),
  };
  const tx: { send: unknown } = broker.transit.tx;
  const send = (tx.send as DataSender).bind(tx);
  tx.send = limitedSend(messages, send);
  restoreOnReceipt(broker);
}

function start({ broker, maxMessageBytes, peers, answers }: Messages): void {
  if (!broker.transit) return;
  announceCapabilities(broker, { message: maxMessageBytes });
  acceptLargePackets(broker, maxMessageBytes);
  answers.keepErrorsSendable();
  restoreOnReceipt(broker);
  broker.localBus.on("$node.disconnected", ({ node }: { readonly node: { readonly id: string } }) =>
    peers.forget(node.id),
  );
}

/** Milliseconds that large answers have to be sent when the broker stops. */
const stopTimeout = 5_000;

/** Makes a broker that stops send the rest of its large answers first. */
function finishBeforeDisconnect({ broker, pieces }: Messages): void {
  const { transit } = broker;
  if (!transit) return;
  const disconnect = transit.disconnect.bind(transit);
  transit.disconnect = async () => {
    await pieces.idle(stopTimeout);
    return disconnect();
  };
}

/** Adds to a call what its receiver needs to answer it, and ends the transfer of a call that is cancelled. */
function prepare({ maxMessageBytes, pieces }: Messages, { type, payload }: Packet): void {
  if (type === "REQ" && !(Number(payload.seq) > 0)) payload.message = maxMessageBytes;
  if (type === "EVENT" && payload.event === cancelEvent) pieces.cancelCall(objectOrEmpty(payload.data).id);
}

/** Handles what concerns sizes in a packet that arrived. Returns whether Moleculer has to handle it too. */
function receive(messages: Messages, command: string, { payload }: Packet): boolean {
  const { broker, peers, pieces, answers } = messages;
  if (!isObject(payload) || typeof payload.sender !== "string") return true;
  if (command === "EVENT" && payload.event === pieceEvent) {
    pieces.receive(payload.sender, payload.data);
    return false;
  }
  if (command === "REQ") {
    if (payload.message !== undefined) peers.learn(payload.sender, payload.message);
    answers.noteCall(payload);
  }
  decodePayload(broker, command, payload);
  return true;
}

/** Sends what the transporter can carry; all else in pieces, or not at all. */
function limitedSend(messages: Messages, next: DataSender): DataSender {
  const { broker, maxMessageBytes, peers, pieces, answers } = messages;
  return (topic, data, sent) => {
    if (data.length <= pieceLimit(broker)) return next(topic, data, sent);
    const { packet } = sent;
    const inOnePacket = Math.min(packetLimit(broker), maxMessageBytes);
    const node = String(packet.target);
    const joined = isWhole(packet) && pieces.canSendTo(node) ? peers.of(node) : undefined;
    const inPieces = joined === undefined ? undefined : Math.min(joined, maxMessageBytes);
    if (inPieces !== undefined && data.length <= inPieces) {
      const sending = pieces.send({ packet, node, data });
      if (sending !== undefined) return sending;
    }
    if (data.length <= inOnePacket) return next(topic, data, sent);
    const limit = inPieces ?? inOnePacket;
    return (
      refuse(messages, packet, data.length, limit) ?? answers.replaceTooLarge(packet, data.length, limit)
    );
  };
}

/** Whether a packet is a call, an answer or an event, and no part of a stream. */
function isWhole({ type, payload }: Packet): boolean {
  return payload.seq === undefined && (type === "REQ" || type === "RES" || type === "EVENT");
}

/** Rejects a packet that is too large; undefined for an answer, which an error takes the place of. */
function refuse(
  { broker, logged }: Messages,
  packet: Packet,
  bytes: number,
  limit: number,
): Promise<unknown> | undefined {
  const { type, target, payload } = packet;
  const isChunk = Number(payload.seq) > 0;
  const error = messageTooLargeError(describePacket(packet), {
    action: payload.action,
    target,
    bytes,
    limit,
  });
  if (payload.seq !== undefined) failStream(broker, packet, error);
  if (type === "RES" && !isChunk) return undefined;
  if (type === "REQ" && !isChunk) failCall(broker.transit, payload.id, error);
  else if (type !== "REQ" && type !== "EVENT" && !logged.has(type)) {
    logged.add(type);
    broker.logger.error(error.message);
  }
  return broker.Promise.reject(error);
}

function describePacket({ type, payload }: Packet): string {
  if (Number(payload.seq) > 0) return "A chunk of a stream";
  if (type === "REQ") return `A call of ${String(payload.action)}`;
  if (type === "EVENT") return `The event ${String(payload.event)}`;
  return `A packet of type ${String(type)}`;
}
