import type { ServiceBroker } from "moleculer";
import { flowControlOf } from "../streams/flow-control.ts";
import { messageTooLargeError, replyInvalidError } from "../wire/errors.ts";
import type { Packet, PacketSender } from "../wire/middleware.ts";
import { failCall } from "../wire/running-requests.ts";
import { packetLimit } from "./limits.ts";
import { maxErrorBytes, sendableError, sendableMeta } from "./safe-error.ts";

/** Calls of other nodes whose action is remembered for messages about their answers. */
const maxCalls = 10_000;

/** Sends errors in place of answers that cannot be sent. */
export class UnsentAnswers {
  readonly #broker: ServiceBroker;
  /** The actions of running calls, by the ids of the calls. */
  readonly #actions = new Map<string, unknown>();
  /** Answers that are such errors themselves. */
  readonly #replacements = new WeakSet<object>();

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
  }

  /** Notes the action of a call that arrived. */
  noteCall({ id, action, seq }: Packet["payload"]): void {
    if (typeof id !== "string" || Number(seq) > 0) return;
    this.#actions.set(id, action);
    if (this.#actions.size <= maxCalls) return;
    for (const oldest of this.#actions.keys()) {
      this.#actions.delete(oldest);
      return;
    }
  }

  /** Forgets the action of a call that is answered. */
  forgetCall({ id, seq }: Packet["payload"]): void {
    if (typeof id === "string" && !(Number(seq) > 0)) this.#actions.delete(id);
  }

  /** Makes Moleculer send errors without the members that cannot be sent. */
  keepErrorsSendable(): void {
    const { transit } = this.#broker;
    if (transit === undefined) return;
    const createPayloadErrorField = transit._createPayloadErrorField.bind(transit);
    transit._createPayloadErrorField = (error, payload) => {
      try {
        return sendableError(createPayloadErrorField(error, payload), this.#maxBytes());
      } catch {
        // A value that was thrown is not an error, or its members throw when they are read.
        return { name: "Error", message: "The action threw a value that cannot be sent.", code: 500 };
      }
    };
  }

  /** Sends the caller an error in place of an answer that is too large. */
  replaceTooLarge(packet: Packet, bytes: number, limit: number): Promise<unknown> {
    const { action, what, target } = this.#describe(packet);
    return this.#replace(packet, messageTooLargeError(what, { action, target, bytes, limit }));
  }

  /**
   * Handles a packet that cannot be serialised: an answer becomes an error, a stream fails with its chunk,
   * and all else is rejected.
   */
  recover(packet: Packet, cause: unknown): Promise<unknown> {
    const { type, target, payload } = packet;
    const isChunk = Number(payload.seq) > 0;
    if (payload.seq !== undefined) failStream(this.#broker, packet, cause);
    if (type === "RES" && !isChunk) return this.#replaceInvalid(packet, cause);
    if (type === "REQ" && !isChunk) failCall(this.#broker.transit, payload.id, cause);
    this.#broker.logger.debug(`A packet to node ${String(target)} cannot be serialised.`, cause);
    return this.#broker.Promise.reject(cause);
  }

  #replaceInvalid(packet: Packet, cause: unknown): Promise<unknown> {
    const { action, what, target } = this.#describe(packet);
    const reason =
      cause instanceof RangeError
        ? "It is circular, or nested too deeply."
        : cause instanceof Error
          ? (cause.message.split("\n", 1)[0] ?? "")
          : "";
    return this.#replace(packet, replyInvalidError(what, reason, { action, target }));
  }

  /** Error, meta and headers fit into one packet together. */
  #maxBytes(): number {
    return Math.min(maxErrorBytes, packetLimit(this.#broker) / 4);
  }

  #describe({ target, payload }: Packet) {
    const action = this.#actions.get(String(payload.id));
    const what = action === undefined ? "An answer" : `The answer of ${String(action)}`;
    return { action, what, target };
  }

  #replace(packet: Packet, error: Error): Promise<unknown> {
    const { transit, logger } = this.#broker;
    const { target, payload } = packet;
    logger.error(`${error.message} Node ${String(target)} receives an error instead.`);
    if (transit === undefined || this.#replacements.has(packet)) return this.#broker.Promise.resolve();
    const replacement: Packet = {
      type: "RES",
      ...(target !== undefined && { target }),
      payload: {
        id: payload.id,
        meta: sendableMeta(payload.meta, this.#maxBytes()),
        headers: sendableMeta(payload.headers, this.#maxBytes()),
        success: false,
        data: null,
        error: transit._createPayloadErrorField(error, payload),
      },
    };
    this.#replacements.add(replacement);
    return this.#send(replacement);
  }

  #send(packet: Packet): Promise<unknown> {
    const { transit, logger } = this.#broker;
    try {
      const moleculerPacket: object = packet;
      return Promise.resolve(transit?.publish(moleculerPacket as Parameters<typeof transit.publish>[0]));
    } catch (error) {
      logger.error("An answer could not be sent.", error);
      return this.#broker.Promise.resolve();
    }
  }
}

/** Ends a stream of which a packet cannot be sent. Its reader receives the error. */
export function failStream(broker: ServiceBroker, { type, target, payload }: Packet, cause: unknown): void {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const id = String(payload.id);
  const outgoing = flowControlOf(broker)?.streams.outgoing(String(target), id);
  if (outgoing !== undefined) outgoing.sender.fail(error);
  else if (type === "REQ") broker.transit?.pendingRequests.get(id)?.ctx.options.stream?.destroy(error);
}

/**
 * Publishes a packet. What cannot be serialised rejects instead of throwing, because Moleculer does not
 * expect `publish` to throw; an answer that cannot be serialised becomes an error.
 * @param encode prepares the packet's data; throws if that is not possible
 */
export function sendAnswers(
  answers: UnsentAnswers,
  next: PacketSender,
  packet: Packet,
  encode: () => void,
): Promise<unknown> {
  try {
    encode();
    const sent = next(packet);
    if (packet.type === "RES") answers.forgetCall(packet.payload);
    return sent;
  } catch (cause) {
    return answers.recover(packet, cause);
  }
}
