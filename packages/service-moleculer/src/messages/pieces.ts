import { Readable } from "node:stream";
import type { ServiceBroker, Transit } from "moleculer";
import { flowControlOf } from "../streams/flow-control.ts";
import type { StreamReceiver } from "../streams/receiver.ts";
import { streamLostError } from "../wire/errors.ts";
import type { Packet } from "../wire/middleware.ts";
import { failCall } from "../wire/running-requests.ts";
import { isCount, isObject, withTimeout } from "../wire/values.ts";
import { ByteBudget } from "./byte-budget.ts";

/** The event that carries a piece of a packet. No service receives it. */
export const pieceEvent = "$tidegate.piece";

/** The types of packets that travel in pieces. */
const splitTypes: ReadonlySet<unknown> = new Set(["REQ", "RES", "EVENT"]);

/** Messages of the largest size that this node joins at the same time. Further ones wait. */
const maxJoinedAtOnce = 8;

/** The first piece also describes the packet; the last one has no data. */
interface Piece {
  /** The id of the transfer. */
  readonly id: string;
  readonly seq: number;
  /** Base64 */
  readonly data?: unknown;
  /** Moleculer's type of the packet. */
  readonly type?: unknown;
  /** Bytes of the packet. */
  readonly bytes?: unknown;
  /** The id of the call that the packet belongs to. */
  readonly call?: unknown;
}

/** A packet as the transporter would send it. */
export interface LargePacket {
  readonly packet: Packet;
  readonly node: string;
  readonly data: Buffer;
}

/**
 * Sends packets that are too large for the transporter in pieces, and joins those that arrive (S13.1). The
 * pieces of a packet are a stream under flow control, so a slow node is not flooded, and both ends learn when
 * the other one is gone.
 */
export class Pieces {
  readonly #broker: ServiceBroker;
  readonly #maxMessageBytes: number;
  readonly #budget: ByteBudget;
  /** Ends the transfers of calls, by the ids of the calls. */
  readonly #calls = new Map<string, (reason: Error) => void>();
  readonly #sending = new Set<Promise<void>>();

  /** @param maxMessageBytes bytes of the largest packet that this node joins */
  constructor(broker: ServiceBroker, maxMessageBytes: number) {
    this.#broker = broker;
    this.#maxMessageBytes = maxMessageBytes;
    this.#budget = new ByteBudget(maxMessageBytes * maxJoinedAtOnce);
  }

  /** Whether this node and the other one have flow control. */
  canSendTo(node: string): boolean {
    return flowControlOf(this.#broker)?.peers.windowOf(node) !== undefined;
  }

  /**
   * Sends a packet in pieces. Resolves when the last one is sent; rejects with `STREAM_LOST` if the other
   * node does not take all of them. Undefined if this node or the other one has no flow control.
   */
  send({ packet, node, data }: LargePacket): Promise<void> | undefined {
    const flow = flowControlOf(this.#broker);
    const window = flow?.peers.windowOf(node);
    const { transit } = this.#broker;
    if (flow === undefined || window === undefined || transit === undefined) return undefined;
    const id = this.#broker.generateUid();
    const source = Readable.from([data], { objectMode: false });
    const stream = flow.streams.send(node, id, source, window);
    const outgoing = flow.streams.outgoing(node, id);
    const call = packet.type === "EVENT" ? undefined : packet.payload.id;
    const head = { type: packet.type, bytes: data.length, call };
    const publish = (piece: Piece): Promise<unknown> => {
      if (outgoing !== undefined) outgoing.seq = piece.seq;
      return publishPiece(transit, node, piece);
    };
    let isCancelled = false;
    const stop = (reason: Error): void => {
      isCancelled = true;
      outgoing?.sender.cancel(reason);
      flow.streams.sendMessage(node, { kind: "gone", id });
    };
    if (packet.type === "REQ" && typeof call === "string") this.#calls.set(call, stop);
    const sent = sendAll(stream, id, head, publish)
      .catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const error = streamLostError(`A message to node ${node} was not sent completely. ${reason}`);
        if (packet.type === "REQ") failCall(transit, call, error);
        if (!isCancelled) throw error;
      })
      .finally(() => {
        this.#sending.delete(sent);
        if (typeof call === "string") this.#calls.delete(call);
      });
    this.#sending.add(sent);
    return sent;
  }

  /** Resolves when everything that this node sends now is sent, or after `ms` milliseconds. */
  async idle(ms: number): Promise<void> {
    if (this.#sending.size > 0) await withTimeout(Promise.allSettled(this.#sending), ms);
  }

  /** Ends the transfer of a call that its caller cancelled. */
  cancelCall(call: unknown): void {
    if (typeof call === "string") this.#calls.get(call)?.(new Error("The call was cancelled."));
  }

  /** Receives a piece from another node. Neither is checked before. */
  receive(node: string, given: unknown): void {
    const piece = readPiece(given);
    const streams = flowControlOf(this.#broker)?.streams;
    if (piece === undefined || streams === undefined) return;
    const known = streams.incoming(node, piece.id);
    const receiver = known ?? this.#begin(node, piece);
    if (receiver === undefined) streams.sendMessage(node, { kind: "cancel", id: piece.id });
    else takePiece(receiver, piece);
  }

  /** Starts to join a packet; undefined if it is too large, or nothing waits for it. */
  #begin(node: string, { id, seq, type, bytes, call }: Piece): StreamReceiver | undefined {
    const { transit } = this.#broker;
    const flow = flowControlOf(this.#broker);
    if (seq !== 0 || transit === undefined || flow === undefined) return undefined;
    if (!splitTypes.has(type) || !isCount(bytes) || bytes > this.#maxMessageBytes) return undefined;
    if (type === "RES" && !transit.pendingRequests.has(String(call))) return undefined;
    const receiver = flow.streams.receive(node, id, false, () => undefined);
    this.#join(receiver.stream, String(type), bytes).catch((error: unknown) =>
      this.#broker.logger.debug(`A message of node ${node} did not arrive completely.`, error),
    );
    return receiver;
  }

  /** Handles the packet when all of its pieces have arrived. */
  async #join(stream: Readable, type: string, bytes: number): Promise<void> {
    const release = await this.#budget.take(bytes);
    try {
      const joined = await readAll(stream, bytes);
      const tx: object | undefined = this.#broker.transit?.tx;
      (tx as Transporter | undefined)?.receive(type, joined);
    } finally {
      release();
    }
  }
}

/** The member of Moleculer's transporters that handles a packet that arrived. */
interface Transporter {
  receive(command: string, data: Buffer): unknown;
}

/** Publishes the chunks of a stream as pieces, one after the other. Rejects if the stream fails. */
async function sendAll(
  stream: Readable,
  id: string,
  head: object,
  publish: (piece: Piece) => Promise<unknown>,
): Promise<void> {
  let seq = 0;
  for await (const chunk of stream) {
    const data: string = chunk.toString("base64");
    await publish(seq === 0 ? { id, seq, data, ...head } : { id, seq, data });
    seq += 1;
  }
  await publish({ id, seq });
}

/** Publishes an event that only the middleware of the other node sees. */
function publishPiece(transit: Transit, target: string, piece: Piece): Promise<unknown> {
  const payload = {
    id: piece.id,
    event: pieceEvent,
    data: piece,
    groups: [pieceEvent],
    broadcast: false,
    meta: {},
    headers: {},
    level: 1,
    tracing: false,
  };
  return transit.publish({ type: "EVENT", target, payload });
}

function readPiece(data: unknown): Piece | undefined {
  if (!isObject(data) || typeof data.id !== "string" || !isCount(data.seq)) return undefined;
  const { id, seq, data: chunk, type, bytes, call } = data;
  return { id, seq, data: chunk, type, bytes, call };
}

/** Writes a piece, and those that arrived before it, into the stream in the order of their numbers. */
function takePiece({ stream }: StreamReceiver, { seq, data }: Piece): void {
  // The window bounds the pieces that a sender within its credit can have on their way.
  if (seq > stream.$prevSeq && seq < stream.$prevSeq + maxPiecesAhead) stream.$pool.set(seq, data);
  for (;;) {
    const next = stream.$prevSeq + 1;
    if (!stream.$pool.has(next)) return;
    const chunk = stream.$pool.get(next);
    stream.$pool.delete(next);
    stream.$prevSeq = next;
    if (chunk === undefined) stream.end();
    else stream.write(chunk);
  }
}

const maxPiecesAhead = 65_536;

/** Reads a stream that has exactly as many bytes as was announced. */
async function readAll(stream: Readable, bytes: number): Promise<Buffer> {
  const joined = Buffer.allocUnsafe(bytes);
  let length = 0;
  for await (const chunk of stream) {
    if (length + chunk.length > bytes) throw new Error("It is longer than was announced.");
    joined.set(chunk, length);
    length += chunk.length;
  }
  if (length !== bytes) throw new Error("It is shorter than was announced.");
  return joined;
}
