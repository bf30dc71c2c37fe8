import type { EventPacket } from "../contracts/broker.ts";
import type { Delivery } from "../contracts/connector.ts";
import type { Scope } from "../contracts/scope.ts";

/** How a subscription makes deliveries of events. */
export interface Delivering {
  /** The events as they come; bounded by who gives them. */
  readonly packets: AsyncIterableIterator<EventPacket>;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Makes one event's scope. */
  fork(): Scope;
  /** Makes one delivery; undefined where the event is left out. Does not reject. */
  make(packet: EventPacket, scope: Scope): Promise<Delivery | undefined>;
}

/**
 * One event after another, in order. Scopes of events that are not handed out are ended here; those of the others are
 * ended by who takes them. `return` ends it also while an event is awaited.
 */
export function deliver(delivering: Delivering): AsyncIterableIterator<Delivery> {
  const { packets, signal } = delivering;
  let over = false;

  async function* run(): AsyncGenerator<Delivery, undefined, undefined> {
    for await (const packet of packets) {
      const scope = delivering.fork();
      let handedOut = false;
      try {
        const delivery = await delivering.make(packet, scope);
        if (over || signal.aborted) return;
        if (delivery === undefined) continue;
        handedOut = true;
        yield delivery;
      } finally {
        if (!handedOut) scope.end();
      }
    }
  }

  const running = run();
  const deliveries: AsyncIterableIterator<Delivery> = {
    [Symbol.asyncIterator]: () => deliveries,
    next: () => running.next(),
    // Not the generator's own alone: it would wait for the event that never comes.
    return: async () => {
      over = true;
      await packets.return?.();
      return running.return(undefined);
    },
  };
  return deliveries;
}
