import { Readable } from "node:stream";
import { TidegateError } from "@tidegate/core-registry";
import type { CreditWindow } from "./window.ts";

/** The reading end of one stream. */
export interface Inlet {
  /** What the reader gets. Moleculer writes into it as into the one that it would have made. */
  readonly stream: Readable & MoleculersEnd;
  /** What the reader has taken in all. */
  taken(): CreditWindow;
}

/** What Moleculer's transit does with a stream that it receives. */
interface MoleculersEnd {
  /** Takes a chunk: bytes may come as base64. */
  write(chunk: unknown): void;
  /** Takes the end. */
  end(): void;
  /** The number of the last chunk that came in its turn. */
  $prevSeq: number;
  /** Chunks that came before their turn. */
  readonly $pool: Map<number, unknown>;
}

/** What the reading end tells. */
export interface InletReports {
  /** It is time to grant more. */
  grant(): void;
  /** Everything has come, or nobody reads it any more. */
  closed(complete: boolean): void;
}

/**
 * Holds what has come and was not taken yet: never more than the window, which a sender that keeps to its credit cannot
 * exceed. One that exceeds it is cut with `SERVICE_ERROR`.
 */
export function openInlet(objects: boolean, window: CreditWindow, { grant, closed }: InletReports): Inlet {
  const waiting: unknown[] = [];
  const came = { bytes: 0, chunks: 0 };
  const taken = { bytes: 0, chunks: 0 };
  const told = { bytes: 0, chunks: 0 };
  let wanted = false;
  let complete = false;

  const give = (): void => {
    if (!wanted) return;
    if (waiting.length === 0) {
      if (complete) readable.push(null);
      return;
    }
    wanted = false;
    const chunk = waiting.shift();
    took(chunk);
    readable.push(chunk);
  };

  const took = (chunk: unknown): void => {
    taken.chunks++;
    taken.bytes += sizeOf(chunk);
    const due =
      taken.chunks - told.chunks >= window.chunks / 2 || taken.bytes - told.bytes >= window.bytes / 2;
    if (!due || complete) return;
    Object.assign(told, taken);
    grant();
  };

  const readable = new Readable({
    objectMode: objects,
    // What lies here has been taken: nothing but what is asked for.
    highWaterMark: 0,
    read: () => {
      wanted = true;
      give();
    },
    destroy: (error, done) => {
      waiting.length = 0;
      if (!complete) closed(false);
      done(error);
    },
  });
  // An action need not listen to a stream that it does not read.
  readable.on("error", () => undefined);

  const sizeOf = (chunk: unknown): number => (objects || !Buffer.isBuffer(chunk) ? 0 : chunk.length);

  const stream = Object.assign(readable, {
    $prevSeq: -1,
    $pool: new Map<number, unknown>(),
    write: (chunk: unknown) => {
      if (readable.destroyed) return;
      const ready = objects ? chunk : bytesOf(chunk);
      if (ready === undefined || ready === null) {
        readable.destroy(new TidegateError("SERVICE_ERROR", "The stream's sender sent what is no chunk."));
        return;
      }
      came.chunks++;
      came.bytes += sizeOf(ready);
      if (came.chunks - taken.chunks > window.chunks || came.bytes - taken.bytes > window.bytes) {
        readable.destroy(new TidegateError("SERVICE_ERROR", "The stream's sender exceeded its credit."));
        return;
      }
      waiting.push(ready);
      give();
    },
    end: () => {
      if (readable.destroyed) return;
      complete = true;
      closed(true);
      give();
    },
  });
  return { stream, taken: () => ({ ...taken }) };
}

/** Bytes, however they came; undefined for anything else. */
function bytesOf(chunk: unknown): Buffer | undefined {
  if (typeof chunk === "string") return Buffer.from(chunk, "base64");
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  // What JSON makes of a Buffer.
  const data = typeof chunk === "object" && chunk !== null && "data" in chunk ? chunk.data : undefined;
  return Array.isArray(data) ? Buffer.from(data) : undefined;
}
