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
  /** Told what happens, where somebody listens. */
  readonly trace: Trace | undefined;
}
