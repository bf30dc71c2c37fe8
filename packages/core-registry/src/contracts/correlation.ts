/**
 * What identifies a request in other systems (S12.7). It reaches the called actions, their nested calls, the
 * log, and the reply. Each member is computed when it is first read.
 */
export interface Correlation {
  /** The request's id: the client's `x-request-id`, else the id of the trace (32 hex digits). */
  readonly requestId: string;
  /**
   * The W3C `traceparent` for services: the client's trace or a new one, with a span id of the gateway's own.
   */
  readonly traceparent: string;
  /** The client's W3C `tracestate`; undefined where it sent none, or no valid `traceparent` with it. */
  readonly tracestate: string | undefined;
  /** The valid members of the client's W3C `baggage`; undefined where there is none. */
  readonly baggage: string | undefined;
}
