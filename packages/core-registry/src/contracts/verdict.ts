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
