import type { ServiceBroker } from "moleculer";
import { capabilitiesOf } from "../wire/metadata.ts";
import { isCount, isObject } from "../wire/values.ts";

/**
 * How far the sender of a stream can be ahead of its reader. The sender pauses at whichever limit it reaches
 * first. Also used for what a reader has consumed so far.
 */
export interface CreditWindow {
  /** Bytes; always 0 for streams of objects. */
  readonly bytes: number;
  /** Chunks of bytes, or objects in streams of objects. */
  readonly chunks: number;
}

/** The window that a node grants to each stream sent to it. */
export const defaultWindow: CreditWindow = { bytes: 512 * 1_024, chunks: 64 };

/** The largest window accepted from another node. A larger one would fill this node's memory. */
const maxWindow: CreditWindow = { bytes: 64 * 1_024 * 1_024, chunks: 65_536 };

/** Returns a window as it travels: bytes, chunks. */
export function encodeWindow({ bytes, chunks }: CreditWindow): readonly [bytes: number, chunks: number] {
  return [bytes, chunks];
}

/** Reads a window that another node announces; undefined for anything else, and for a window of 0. */
export function decodeWindow(value: unknown): CreditWindow | undefined {
  if (!Array.isArray(value)) return undefined;
  const [bytes, chunks]: readonly unknown[] = value;
  if (!isCount(bytes) || !isCount(chunks) || bytes === 0 || chunks === 0) return undefined;
  return { bytes: Math.min(bytes, maxWindow.bytes), chunks: Math.min(chunks, maxWindow.chunks) };
}

/** The windows that other nodes grant to streams sent to them. */
export interface PeerWindows {
  /** The window of a node; undefined if it has none. Its streams are then Moleculer's own. */
  windowOf(node: string | null | undefined): CreditWindow | undefined;
  /**
   * Stores the window that came with a node's call, because a call can arrive before the node's INFO packet.
   */
  learn(node: string, window: unknown): void;
  /** Removes the window that `learn` stored for a node. */
  forget(node: string): void;
}

/** Nodes whose windows are known from their calls alone. */
const maxLearnedWindows = 1_000;

/** Reads the windows of other nodes from their metadata and their calls. */
export function peerWindows(broker: ServiceBroker): PeerWindows {
  const learned = new Map<string, CreditWindow>();
  return {
    windowOf: (node) =>
      typeof node === "string"
        ? (decodeWindow(capabilitiesOf(broker, node).credit) ?? learned.get(node))
        : undefined,
    learn: (node, encoded) => {
      if (learned.has(node) || learned.size >= maxLearnedWindows) return;
      const window = decodeWindow(encoded);
      if (window !== undefined) learned.set(node, window);
    },
    forget: (node) => void learned.delete(node),
  };
}

/** The event by which nodes send each other messages about streams. No service receives it. */
export const streamEvent = "$tidegate.stream";

/** Progress of a reader, sent to the sender after half a window and every two seconds. */
export interface ProgressMessage {
  readonly kind: "taken";
  /** The id of the call that the stream belongs to. */
  readonly id: string;
  /** The total that the reader has consumed. */
  readonly consumed: CreditWindow;
  /** The number of the last chunk that arrived in order. */
  readonly seq: number;
}

/**
 * Ends a stream: `cancel` comes from a reader that reads no more, `gone` from a node that has no such stream.
 */
export interface EndMessage {
  readonly kind: "cancel" | "gone";
  /** The id of the call that the stream belongs to. */
  readonly id: string;
}

/** A message of one end of a stream to the other. */
export type StreamMessage = ProgressMessage | EndMessage;

/** Returns a message as the data of an event. */
export function encodeMessage(message: StreamMessage): Record<string, unknown> {
  const { kind, id } = message;
  if (message.kind !== "taken") return { kind, id };
  const { bytes, chunks } = message.consumed;
  return { kind, id, bytes, chunks, seq: message.seq };
}

/** Reads a message of another node; undefined if it is none. */
export function decodeMessage(data: unknown): StreamMessage | undefined {
  if (!isObject(data)) return undefined;
  const { kind, id, bytes, chunks, seq } = data;
  if (typeof id !== "string") return undefined;
  if (kind === "cancel" || kind === "gone") return { kind, id };
  if (kind !== "taken" || !isCount(bytes) || !isCount(chunks)) return undefined;
  return { kind, id, consumed: { bytes, chunks }, seq: Number.isSafeInteger(seq) ? Number(seq) : -1 };
}
