import type { EventPacket } from "./broker.ts";

/**
 * The source of events for subscribers: the hub between brokers and connectors. It is independent of versions
 * (S6).
 */
export interface EventSource {
  /**
   * Subscribes, from this call on, to the events whose names match one of the patterns; never to `$` events.
   * Events come in order. The iterator ends with `return`, or when the signal aborts.
   *
   * Events that the subscriber has not read yet are queued. Where the queue is full, the iterator fails with
   * `SLOW_CONSUMER`.
   */
  subscribe(patterns: readonly string[], signal: AbortSignal): AsyncIterableIterator<EventPacket>;
}
