import type { Context } from "./context.ts";
import type { Correlation } from "./correlation.ts";

/** The part of a request's scope that brokers receive (S13.4). */
export interface CallScope {
  /** The branch that the request addresses. */
  readonly branch: string;
  readonly context: Context;
  /** The request id and the trace, which brokers send with each call and event (S12.7). */
  readonly correlation: Correlation;
  /** The time at which the gateway stops waiting for the answer: milliseconds since the epoch. */
  readonly deadline: number | undefined;
  /** Aborts when the client disconnects or the deadline passes. Created when it is first read. */
  readonly signal: AbortSignal;
  /**
   * Calls the listener once, with the reason, when the client disconnects or the deadline passes; immediately
   * where that has happened. Cheaper than `signal`, because no `AbortController` is created.
   * @returns a function that removes the listener
   */
  onEnd(listener: (reason: unknown) => void): () => void;
  /** Receives the steps of the request. Undefined where the request is not traced. */
  readonly trace: Trace | undefined;
}

/** The one hook for explain, OpenTelemetry, metrics and the request log. */
export type Trace = (event: TraceEvent) => void;

/** One step of a traced request. Durations are in milliseconds. */
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

/** The decision of a rule. Plain data: a denial is not an exception. */
export interface Verdict {
  readonly allowed: boolean;
  /** The rule's description, which the policy gate adds. A denied client receives it (S7.5). */
  readonly rule?: string;
  /** The reason of a denial, for logs and explain. Clients never receive it. */
  readonly reason?: string;
  /** An error code such as `RATE_LIMITED`, instead of `UNAUTHENTICATED` or `FORBIDDEN`. */
  readonly code?: string;
  /** Seconds after which the client can retry. */
  readonly retryAfter?: number;
}
