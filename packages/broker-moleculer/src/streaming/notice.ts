import { type CreditWindow, isCount } from "./window.ts";

/** The event under which nodes talk about their streams; it reaches no service. */
export const noticeEvent = "$tidegate.stream";

/** A reader's word to its sender, after half a window and every two seconds. */
export interface TakenNotice {
  /** The call's id. */
  readonly id: string;
  /** Which it is. */
  readonly kind: "taken";
  /** What was taken in all. */
  readonly taken: CreditWindow;
  /** The number of the last chunk that came in its turn. */
  readonly seq: number;
}

/** The last word on a stream. */
export interface EndNotice {
  /** The call's id. */
  readonly id: string;
  /** `cancel`, from the reader: it reads no more. `gone`, from the sender: there is no such stream. */
  readonly kind: "cancel" | "gone";
}

/** What one end of a stream tells the other. */
export type Notice = TakenNotice | EndNotice;

/** A notice as it travels: all in one line of an event's data. */
export function noticeData(notice: Notice): Record<string, unknown> {
  const { kind, id } = notice;
  if (notice.kind !== "taken") return { kind, id };
  return { kind, id, bytes: notice.taken.bytes, chunks: notice.taken.chunks, seq: notice.seq };
}

/** Reads what another node sent; undefined where it is no notice. */
export function readNotice(data: unknown): Notice | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { kind, id, bytes, chunks, seq } = data as Record<string, unknown>;
  if (typeof id !== "string") return undefined;
  if (kind === "cancel" || kind === "gone") return { kind, id };
  if (kind !== "taken" || !isCount(bytes) || !isCount(chunks)) return undefined;
  return { kind, id, taken: { bytes, chunks }, seq: Number.isSafeInteger(seq) ? Number(seq) : -1 };
}
