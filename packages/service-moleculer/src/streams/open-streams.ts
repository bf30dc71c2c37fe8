import type { Readable } from "node:stream";
import type { ServiceBroker } from "moleculer";
import { chunkLimit } from "../messages/limits.ts";
import { cancelledError, streamLostError } from "../wire/errors.ts";
import {
  type CreditWindow,
  encodeMessage,
  type ProgressMessage,
  type StreamMessage,
  streamEvent,
} from "./protocol.ts";
import { StreamReceiver } from "./receiver.ts";
import { StreamSender } from "./sender.ts";

/** Milliseconds between two progress messages of a reader. They make up for messages that were lost. */
const progressInterval = 2_000;

/**
 * Chunks count as lost when a reader reports the same progress this many times in a row while chunks are on
 * their way.
 */
const maxRepeats = 3;

/** Milliseconds without a message after which a reader counts as gone. */
const readerTimeout = 10_000;

/** A stream that this node sends. */
export interface OutgoingStream {
  readonly sender: StreamSender;
  /** The number of the last packet that was sent. */
  seq: number;
}

interface TrackedOutgoing extends OutgoingStream {
  readonly node: string;
  /** When the reader's last message arrived. */
  lastMessageAt: number;
  /**
   * The reader's last progress, what was sent by then, and how often the reader has repeated that progress
   * since.
   */
  progress: { readonly seq: number; readonly sent: number; readonly repeats: number; readonly at: number };
}

interface TrackedIncoming {
  readonly node: string;
  readonly id: string;
  readonly receiver: StreamReceiver;
}

/** The open streams between this node and others. The id of the call and the other node identify a stream. */
export class OpenStreams {
  readonly #broker: ServiceBroker;
  readonly #window: CreditWindow;
  readonly #outgoing = new Map<string, TrackedOutgoing>();
  readonly #incoming = new Map<string, TrackedIncoming>();
  #timer: NodeJS.Timeout | undefined;

  /** @param window what this node grants to each stream that is sent to it */
  constructor(broker: ServiceBroker, window: CreditWindow) {
    this.#broker = broker;
    this.#window = window;
  }

  /**
   * Starts to send a stream within the window that the other node grants. Returns what Moleculer has to send.
   */
  send(node: string, id: string, source: Readable, window: CreditWindow): Readable {
    const key = keyOf(node, id);
    const closed = (): void => void this.#outgoing.delete(key);
    const sender = new StreamSender(source, window, chunkLimit(this.#broker), closed);
    const now = performance.now();
    const progress = { seq: -1, sent: -1, repeats: 0, at: now };
    this.#outgoing.set(key, { node, sender, seq: 0, lastMessageAt: now, progress });
    this.#startTimer();
    return sender.stream;
  }

  /** The stream that is sent to a node for a call, if there is one. */
  outgoing(node: string, id: string): OutgoingStream | undefined {
    return this.#outgoing.size === 0 ? undefined : this.#outgoing.get(keyOf(node, id));
  }

  /**
   * Starts to receive a stream from a node.
   * @param onCancel called when the reader destroys the stream before its end
   */
  receive(node: string, id: string, objectMode: boolean, onCancel: () => void): StreamReceiver {
    const key = keyOf(node, id);
    const receiver = new StreamReceiver(objectMode, this.#window, {
      progress: () => this.#sendProgress({ node, id, receiver }),
      closed: (complete) => {
        this.#incoming.delete(key);
        if (complete) return;
        onCancel();
        this.sendMessage(node, { kind: "cancel", id });
      },
    });
    this.#incoming.set(key, { node, id, receiver });
    this.#startTimer();
    return receiver;
  }

  /** The stream that is received from a node for a call, if there is one. */
  incoming(node: string, id: string): StreamReceiver | undefined {
    return this.#incoming.size === 0 ? undefined : this.#incoming.get(keyOf(node, id))?.receiver;
  }

  /** Destroys the stream that came with a call if the action has not started to read it. */
  destroyUnread(node: string, id: string): void {
    const stream = this.incoming(node, id)?.stream;
    if (stream === undefined || stream.readableDidRead) return;
    if (stream.listenerCount("readable") + stream.listenerCount("data") === 0) stream.destroy();
  }

  /** Handles a message of another node about a stream. */
  handleMessage(node: string, message: StreamMessage): void {
    const stream = this.#outgoing.get(keyOf(node, message.id));
    switch (message.kind) {
      case "gone":
        this.incoming(node, message.id)?.stream.destroy(streamLostError(`Node ${node} ended the stream.`));
        break;
      case "cancel":
        stream?.sender.cancel(cancelledError("The reader of the stream is gone."));
        break;
      case "taken":
        if (stream !== undefined) handleProgress(stream, message);
        else this.sendMessage(node, { kind: "gone", id: message.id });
    }
  }

  /** Sends another node a message about a stream, unless the node has disconnected. */
  sendMessage(node: string, message: StreamMessage): void {
    const { registry, transit, logger } = this.#broker;
    const known = registry.nodes.get(node);
    // A call can arrive before its node's INFO packet, so an unknown node gets the message too.
    if (transit === undefined || (known !== undefined && !known.available && known.seq > 0)) return;
    const payload = {
      id: message.id,
      event: streamEvent,
      data: encodeMessage(message),
      groups: [],
      broadcast: true,
      meta: {},
      headers: {},
      level: 1,
      tracing: false,
    };
    transit.publish({ type: "EVENT", target: node, payload }).catch((error: unknown) => {
      logger.debug(`A message about a stream could not be sent to node ${node}.`, error);
    });
  }

  /** Ends all streams to and from a node that disconnected. */
  nodeDisconnected(node: string): void {
    const error = streamLostError(`Node ${node} is gone.`);
    for (const stream of this.#outgoing.values()) if (stream.node === node) stream.sender.cancel(error);
    for (const stream of this.#incoming.values())
      if (stream.node === node) stream.receiver.stream.destroy(error);
  }

  /** Ends all streams in both directions with an error, and stops the timer. */
  close(): void {
    clearInterval(this.#timer);
    const error = streamLostError("This node was stopped.");
    for (const { sender } of this.#outgoing.values()) sender.cancel(error);
    for (const { receiver } of this.#incoming.values()) receiver.stream.destroy(error);
  }

  #startTimer(): void {
    this.#timer ??= setInterval(() => this.#tick(), progressInterval).unref();
  }

  #tick(): void {
    for (const stream of this.#incoming.values()) this.#sendProgress(stream);
    const now = performance.now();
    for (const { lastMessageAt, sender, node } of this.#outgoing.values())
      if (now - lastMessageAt > readerTimeout)
        sender.fail(
          streamLostError(`The reader of the stream on node ${node} has stopped to report its progress.`),
        );
    if (this.#incoming.size + this.#outgoing.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sendProgress({ node, id, receiver }: TrackedIncoming): void {
    const { consumed, stream } = receiver;
    this.sendMessage(node, { kind: "taken", id, consumed, seq: stream.$prevSeq });
  }
}

function handleProgress(stream: TrackedOutgoing, { consumed, seq }: ProgressMessage): void {
  const now = performance.now();
  stream.lastMessageAt = now;
  stream.sender.consumed(consumed);
  const last = stream.progress;
  if (now - last.at < progressInterval / 2) return;
  const isRepeated = seq === last.seq && seq < last.sent;
  stream.progress = { seq, sent: stream.seq, repeats: isRepeated ? last.repeats + 1 : 0, at: now };
  if (stream.progress.repeats >= maxRepeats)
    stream.sender.fail(streamLostError("A chunk of the stream was lost between the nodes."));
}

function keyOf(node: string, id: string): string {
  return `${node} ${id}`;
}
