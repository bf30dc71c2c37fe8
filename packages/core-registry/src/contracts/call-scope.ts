import type { Context } from "./context.ts";

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

/** The one hook through which explain, OpenTelemetry, metrics and the request log see a request. */
export type Trace = (event: TraceEvent) => void;

/** What a trace is told. Durations are milliseconds. */
export type TraceEvent =
  | { readonly at: "params"; readonly jsonPath: string; readonly params: unknown }
  | { readonly at: "gate"; readonly name: string; readonly verdict: Verdict }
  | {
      readonly at: "call";
      readonly action: string;
      readonly node?: string;
      readonly ms: number;
      readonly error?: string;
    }
  | { readonly at: "publish"; readonly event: string; readonly broadcast: boolean }
  | {
      readonly at: "function";
      readonly label: string;
      readonly tier: string;
      readonly ms: number;
      readonly error?: string;
    };

/** What a rule decided. Data, not an exception. */
export interface Verdict {
  /** Whether it may happen. */
  readonly allowed: boolean;
  /** The rule's description, filled in by the gate: what the client is told (S7.5). */
  readonly rule?: string;
  /** Why not: for logs and explain, never for clients. */
  readonly reason?: string;
  /** Another code than the gate's own `UNAUTHENTICATED` and `FORBIDDEN`, such as `RATE_LIMITED`. */
  readonly code?: string;
  /** Seconds after which it may be tried again. */
  readonly retryAfter?: number;
}
