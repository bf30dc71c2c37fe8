import type { EventPacket } from "./broker.ts";

/** Where events come from, for subscribers: the hub between brokers and connectors. It outlives versions (S6). */
export interface EventSource {
  /**
   * The events whose names match one of the patterns, from now on, in order; `$`-names never. Listening begins with the
   * call, not with the first `next`. Ends with `return`, or when the signal fires.
   *
   * What a subscriber does not take is kept up to a bound; over it the iterator fails with `SLOW_CONSUMER`.
   */
  subscribe(patterns: readonly string[], signal: AbortSignal): AsyncIterableIterator<EventPacket>;
}
