import { finished, Readable } from "node:stream";
import type { CreditWindow } from "./window.ts";

/** The sending end of one stream. */
export interface Outlet {
  /** What Moleculer sends, in place of the source: it has data only as far as the reader granted it. */
  readonly stream: Readable;
  /** Whether it carries objects; else bytes. */
  readonly objects: boolean;
  /** Takes what the reader has taken in all. */
  taken(counts: CreditWindow): void;
  /** Ends it and its source without a word to the reader, who went away. */
  cancel(reason: Error): void;
  /** Ends it and its source; the reader is told the error. */
  fail(error: Error): void;
}

/** The most bytes of one packet: as text, in JSON, it has to stay under the transporters' 1 MiB. */
const largestPiece = 256 * 1_024;

/** Lets a source out as far as its reader grants it. The source is read only when there is room. */
export function openOutlet(source: Readable, window: CreditWindow, closed: () => void): Outlet {
  const objects = source.readableObjectMode;
  const sent = { bytes: 0, chunks: 0 };
  let granted = window;
  let rest: Buffer | undefined;
  let wanted = false;
  let sourceEnded = false;

  const pump = (): void => {
    if (!wanted || stream.destroyed || sent.chunks >= granted.chunks || sent.bytes >= granted.bytes) return;
    const chunk: unknown = rest ?? source.read();
    if (chunk !== null) letOut(chunk);
    else if (sourceEnded) stream.push(null);
  };

  const letOut = (chunk: unknown): void => {
    wanted = false;
    sent.chunks++;
    if (objects) {
      stream.push(chunk);
      return;
    }
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as string | Uint8Array);
    const size = Math.min(bytes.length, granted.bytes - sent.bytes, largestPiece);
    rest = size < bytes.length ? bytes.subarray(size) : undefined;
    sent.bytes += size;
    stream.push(bytes.subarray(0, size));
  };

  const forget = finished(source, { writable: false }, (error) => {
    sourceEnded = true;
    if (error) stream.destroy(error);
    else pump();
  });
  // Who made the source may listen to its errors or not: they are the reader's to hear.
  source.on("error", () => undefined);
  source.on("readable", pump);

  const stream = new Readable({
    objectMode: objects,
    highWaterMark: 0,
    read: () => {
      wanted = true;
      pump();
    },
    destroy: (error, done) => {
      forget();
      source.off("readable", pump);
      rest = undefined;
      if (!sourceEnded) source.destroy(error ?? undefined);
      closed();
      done(error);
    },
  });

  return {
    stream,
    objects,
    taken: ({ bytes, chunks }) => {
      granted = {
        bytes: Math.max(granted.bytes, window.bytes + Math.min(bytes, sent.bytes)),
        chunks: Math.max(granted.chunks, window.chunks + Math.min(chunks, sent.chunks)),
      };
      pump();
    },
    cancel: (reason) => {
      if (!sourceEnded) source.destroy(reason);
      stream.destroy();
    },
    fail: (error) => {
      stream.destroy(error);
    },
  };
}
