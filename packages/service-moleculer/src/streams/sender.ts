import { finished, Readable } from "node:stream";
import type { CreditWindow } from "./protocol.ts";

/**
 * The sending end of one stream. Reads the source only as far as the reader's credit allows, and ends the
 * source when the stream ends.
 */
export class StreamSender {
  /** Moleculer sends this stream in place of the source. */
  readonly stream: Readable;
  /** Whether the stream carries objects instead of bytes. */
  readonly objectMode: boolean;
  readonly #source: Readable;
  readonly #window: CreditWindow;
  readonly #maxChunkBytes: number;
  readonly #sent = { bytes: 0, chunks: 0 };
  /** The total that can be sent so far. */
  #credit: CreditWindow;
  /** The rest of a chunk that is larger than the credit or a packet. */
  #rest: Buffer | undefined;
  #readRequested = false;
  #sourceEnded = false;

  /**
   * @param maxChunkBytes bytes of a chunk that fit into one packet of the transporter as Base64
   * @param closed called once when the stream has ended
   */
  constructor(source: Readable, window: CreditWindow, maxChunkBytes: number, closed: () => void) {
    this.objectMode = source.readableObjectMode;
    this.#source = source;
    this.#window = window;
    this.#maxChunkBytes = maxChunkBytes;
    this.#credit = window;
    const pump = (): void => this.#pump();
    const stopWatching = finished(source, { writable: false }, (error) => {
      this.#sourceEnded = true;
      if (error) this.stream.destroy(error);
      else this.#pump();
    });
    // The reader receives the errors of the source, so its creator does not have to handle them.
    source.on("error", () => undefined);
    source.on("readable", pump);
    this.stream = new Readable({
      objectMode: this.objectMode,
      highWaterMark: 0,
      read: () => {
        this.#readRequested = true;
        this.#pump();
      },
      destroy: (error, done) => {
        stopWatching();
        source.off("readable", pump);
        this.#rest = undefined;
        if (!this.#sourceEnded) source.destroy(error ?? undefined);
        closed();
        done(error);
      },
    });
  }

  /** Extends the credit after the reader reported what it has consumed in total. */
  consumed({ bytes, chunks }: CreditWindow): void {
    const { bytes: sentBytes, chunks: sentChunks } = this.#sent;
    this.#credit = {
      bytes: Math.max(this.#credit.bytes, this.#window.bytes + Math.min(bytes, sentBytes)),
      chunks: Math.max(this.#credit.chunks, this.#window.chunks + Math.min(chunks, sentChunks)),
    };
    this.#pump();
  }

  /** Ends the stream and its source without an error for the reader, which is gone. */
  cancel(reason: Error): void {
    if (!this.#sourceEnded) this.#source.destroy(reason);
    this.stream.destroy();
  }

  /** Ends the stream and its source. The reader receives the error. */
  fail(error: Error): void {
    this.stream.destroy(error);
  }

  #pump(): void {
    const hasCredit = this.#sent.chunks < this.#credit.chunks && this.#sent.bytes < this.#credit.bytes;
    if (!this.#readRequested || !hasCredit || this.stream.destroyed) return;
    const chunk: unknown = this.#rest ?? this.#source.read();
    if (chunk !== null) this.#send(chunk);
    else if (this.#sourceEnded) this.stream.push(null);
  }

  #send(chunk: unknown): void {
    this.#readRequested = false;
    this.#sent.chunks++;
    if (this.objectMode && !Buffer.isBuffer(chunk)) {
      this.stream.push(chunk);
      return;
    }
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as string | Uint8Array);
    const credit = this.objectMode ? Number.POSITIVE_INFINITY : this.#credit.bytes - this.#sent.bytes;
    const size = Math.min(bytes.length, credit, this.#maxChunkBytes);
    this.#rest = size < bytes.length ? bytes.subarray(size) : undefined;
    if (!this.objectMode) this.#sent.bytes += size;
    this.stream.push(bytes.subarray(0, size));
  }
}
