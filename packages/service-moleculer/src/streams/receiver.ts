import { Readable } from "node:stream";
import { streamInvalidError } from "../wire/errors.ts";
import type { CreditWindow } from "./protocol.ts";

/** The members that Moleculer's transit uses on a stream that it receives. */
interface MoleculerWritable {
  /** Receives a chunk. Bytes can come as Base64. */
  write(chunk: unknown): void;
  end(): void;
  /** The number of the last chunk that arrived in order. */
  $prevSeq: number;
  /** Chunks that arrived before an earlier one. */
  readonly $pool: Map<number, unknown>;
}

/** Called by a `StreamReceiver` when the sender has to be informed. */
export interface ReceiverEvents {
  /** Half of the window is consumed, so the sender needs to know the progress. */
  progress(): void;
  /** The stream has arrived completely, or its reader destroyed it before. */
  closed(complete: boolean): void;
}

/**
 * The reading end of one stream. Buffers the chunks that have arrived and are not read yet: never more than
 * the window, which a sender that respects its credit does not exceed. A sender that exceeds its credit is
 * cut with `STREAM_INVALID`.
 */
export class StreamReceiver {
  /** The action or the caller reads this stream. Moleculer writes into it as into a stream of its own. */
  readonly stream: Readable & MoleculerWritable;
  readonly #objectMode: boolean;
  readonly #window: CreditWindow;
  readonly #events: ReceiverEvents;
  readonly #buffer: unknown[] = [];
  readonly #received = { bytes: 0, chunks: 0 };
  readonly #consumed = { bytes: 0, chunks: 0 };
  /** The total that was consumed when `progress` was called last. */
  readonly #reported = { bytes: 0, chunks: 0 };
  #readRequested = false;
  #complete = false;

  /** @param objectMode whether the stream carries objects instead of bytes */
  constructor(objectMode: boolean, window: CreditWindow, events: ReceiverEvents) {
    this.#objectMode = objectMode;
    this.#window = window;
    this.#events = events;
    const readable = new Readable({
      objectMode,
      // A chunk in the Readable's own buffer counts as consumed, so that buffer must hold no more than
      // requested.
      highWaterMark: 0,
      read: () => {
        this.#readRequested = true;
        this.#deliver();
      },
      destroy: (error, done) => {
        this.#buffer.length = 0;
        if (!this.#complete) events.closed(false);
        done(error);
      },
    });
    // An action does not have to handle errors of a stream that it does not read.
    readable.on("error", () => undefined);
    this.stream = Object.assign(readable, {
      $prevSeq: -1,
      $pool: new Map<number, unknown>(),
      write: (chunk: unknown) => this.#receive(chunk),
      end: () => this.#end(),
    });
  }

  /** The total that the reader has consumed. */
  get consumed(): CreditWindow {
    return { ...this.#consumed };
  }

  #receive(given: unknown): void {
    if (this.stream.destroyed) return;
    const chunk = this.#objectMode ? given : toBytes(given);
    if (chunk === undefined || chunk === null) this.#cut("The sender of the stream sent an invalid chunk.");
    else if (!this.#count(chunk)) this.#cut("The sender of the stream exceeded its credit.");
    else {
      this.#buffer.push(chunk);
      this.#deliver();
    }
  }

  /** Counts a chunk that arrived. Returns whether it is within the window. */
  #count(chunk: unknown): boolean {
    this.#received.chunks++;
    this.#received.bytes += this.#sizeOf(chunk);
    const chunksAhead = this.#received.chunks - this.#consumed.chunks;
    const bytesAhead = this.#received.bytes - this.#consumed.bytes;
    return chunksAhead <= this.#window.chunks && bytesAhead <= this.#window.bytes;
  }

  #cut(message: string): void {
    this.stream.destroy(streamInvalidError(message));
  }

  #end(): void {
    if (this.stream.destroyed) return;
    this.#complete = true;
    this.#events.closed(true);
    this.#deliver();
  }

  #deliver(): void {
    if (!this.#readRequested) return;
    if (this.#buffer.length === 0) {
      if (this.#complete) this.stream.push(null);
      return;
    }
    this.#readRequested = false;
    const chunk = this.#buffer.shift();
    this.#consumed.chunks++;
    this.#consumed.bytes += this.#sizeOf(chunk);
    this.#reportProgress();
    this.stream.push(chunk);
  }

  #reportProgress(): void {
    const chunks = this.#consumed.chunks - this.#reported.chunks;
    const bytes = this.#consumed.bytes - this.#reported.bytes;
    const due = chunks >= this.#window.chunks / 2 || bytes >= this.#window.bytes / 2;
    if (!due || this.#complete) return;
    Object.assign(this.#reported, this.#consumed);
    this.#events.progress();
  }

  #sizeOf(chunk: unknown): number {
    return this.#objectMode || !Buffer.isBuffer(chunk) ? 0 : chunk.length;
  }
}

/** Reads bytes in any form that a serializer gives them; undefined for anything else. */
function toBytes(chunk: unknown): Buffer | undefined {
  if (typeof chunk === "string") return Buffer.from(chunk, "base64");
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  // The JSON form of a Buffer.
  const data = typeof chunk === "object" && chunk !== null && "data" in chunk ? chunk.data : undefined;
  return Array.isArray(data) ? Buffer.from(data) : undefined;
}
