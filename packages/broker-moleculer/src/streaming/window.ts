/** How far a stream's sender may be ahead of its reader: it stops at whichever comes first. */
export interface CreditWindow {
  /** Bytes; streams of objects have no bytes. */
  readonly bytes: number;
  /** Chunks, or objects. */
  readonly chunks: number;
}

/** What a node grants to each stream that is sent to it. */
export const defaultWindow: CreditWindow = { bytes: 512 * 1_024, chunks: 64 };

/** What another node may grant: more would only fill this node's memory. */
const largest: CreditWindow = { bytes: 64 * 1_024 * 1_024, chunks: 65_536 };

/** A window as it travels: bytes, chunks. */
export type WindowOnTheWire = readonly [bytes: number, chunks: number];

/** A window as it travels. */
export function toWire({ bytes, chunks }: CreditWindow): WindowOnTheWire {
  return [bytes, chunks];
}

/** Reads a window that another node declared; undefined for anything else, and for windows that let nothing through. */
export function fromWire(value: unknown): CreditWindow | undefined {
  if (!Array.isArray(value)) return undefined;
  const [bytes, chunks]: readonly unknown[] = value;
  if (!isCount(bytes) || !isCount(chunks) || bytes === 0 || chunks === 0) return undefined;
  return { bytes: Math.min(bytes, largest.bytes), chunks: Math.min(chunks, largest.chunks) };
}

/** Whether a value is a whole number from 0 on. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
