import { nameMatcher } from "../connectors/name-pattern.ts";
import type { Broker, EventPacket } from "../contracts/broker.ts";
import type { EventSource } from "../contracts/events.ts";
import { createSubscriber, type Subscriber } from "./subscriber.ts";

/** The hub between brokers and subscribers (S6). It outlives versions: a merge touches no subscription. */
export interface EventHub extends EventSource {
  /** Hands on an event that a broker received. */
  receive(packet: EventPacket): void;
  /** How many subscribers there are. */
  readonly size: number;
  /** Ends every subscription. */
  stop(): void;
}

/** Subscribers of one pattern. */
interface Topic {
  readonly matches: (name: string) => boolean;
  readonly subscribers: Set<Subscriber>;
}

/** How many packets wait for one subscriber at the most. */
const mostWaiting = 1_000;
const longestName = 256;

/** A hub that tells these brokers which events it wants, whenever that changes. */
export function createHub(brokers: readonly Broker[]): EventHub {
  const topics = new Map<string, Topic>();
  // Names are found by themselves; only patterns are tried one by one.
  const patterns = new Map<string, Topic>();
  let told = false;

  // Once per tick: subscriptions come and go in crowds.
  const tellBrokers = (): void => {
    if (told) return;
    told = true;
    queueMicrotask(() => {
      told = false;
      const wanted = [...topics.keys()];
      for (const broker of brokers) broker.events?.(wanted);
    });
  };

  const enter = (pattern: string, subscriber: Subscriber): void => {
    const known = topics.get(pattern);
    if (known !== undefined) {
      known.subscribers.add(subscriber);
      return;
    }
    const topic: Topic = { matches: nameMatcher(pattern), subscribers: new Set([subscriber]) };
    topics.set(pattern, topic);
    if (pattern.includes("*")) patterns.set(pattern, topic);
    tellBrokers();
  };

  const leave = (pattern: string, subscriber: Subscriber): void => {
    const topic = topics.get(pattern);
    topic?.subscribers.delete(subscriber);
    if (topic?.subscribers.size !== 0) return;
    topics.delete(pattern);
    patterns.delete(pattern);
    tellBrokers();
  };

  return {
    receive(packet) {
      if (packet.event.startsWith("$") || packet.event.length > longestName) return;
      const receivers = new Set<Subscriber>(topics.get(packet.event)?.subscribers);
      for (const { matches, subscribers } of patterns.values()) {
        if (matches(packet.event)) for (const subscriber of subscribers) receivers.add(subscriber);
      }
      for (const subscriber of receivers) subscriber.push(packet);
    },
    subscribe(wanted, signal) {
      const own = [...new Set(wanted)];
      const subscriber = createSubscriber(mostWaiting, signal, () => {
        for (const pattern of own) leave(pattern, subscriber);
      });
      if (!subscriber.isOver) for (const pattern of own) enter(pattern, subscriber);
      return subscriber.packets;
    },
    get size() {
      return new Set([...topics.values()].flatMap(({ subscribers }) => [...subscribers])).size;
    },
    stop() {
      for (const { subscribers } of [...topics.values()])
        for (const subscriber of [...subscribers]) subscriber.end();
    },
  };
}
