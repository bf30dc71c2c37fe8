import type { Context } from "./context.ts";
import type { Trace } from "./trace.ts";

/** What a broker may know of the request that a call belongs to (S13.4). */
export interface CallScope {
  /** The branch that the request came in on. */
  readonly branch: string;
  /** What is known of the request. */
  readonly context: Context;
  /** When the answer is of no use any more: milliseconds since the epoch. */
  readonly deadline: number | undefined;
  /** Fires when the client went away or the deadline passed. Made when first asked for. */
  readonly signal: AbortSignal;
  /**
   * Calls back once with the reason when `signal` fires, without making one: for what every call needs. At once where it
   * has fired. Returns what ends it.
   */
  onEnd(listener: (reason: unknown) => void): () => void;
  /** Told what happens, where somebody listens. */
  readonly trace: Trace | undefined;
}
