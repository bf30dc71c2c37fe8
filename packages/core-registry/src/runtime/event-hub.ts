import type { Broker, EventPacket } from "../contracts/broker.ts";
import { TidegateError } from "../contracts/errors.ts";
import type { EventSource } from "../contracts/events.ts";
import { nameMatcher } from "./names.ts";

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

/** One subscriber of the hub: a bounded queue with an iterator at its end. */
export interface Subscriber {
  /** What it is given, in order. */
  readonly packets: AsyncIterableIterator<EventPacket>;
  /** Whether it has ended. */
  readonly isOver: boolean;
  /** Gives it a packet; over the bound it ends with `SLOW_CONSUMER`. */
  push(packet: EventPacket): void;
  /** Ends it: what waits is still given. */
  end(): void;
}

type Waiter = PromiseWithResolvers<IteratorResult<EventPacket, undefined>>;

const done: IteratorResult<EventPacket, undefined> = { done: true, value: undefined };

/**
 * @param most how many packets may wait
 * @param signal ends it
 * @param ended called once, when it ends for whatever reason
 */
export function createSubscriber(most: number, signal: AbortSignal, ended: () => void): Subscriber {
  const waiting: EventPacket[] = [];
  const waiters: Waiter[] = [];
  let failure: TidegateError | undefined;
  let isOver = false;

  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    signal.removeEventListener("abort", finish);
    ended();
    for (const waiter of waiters.splice(0)) waiter.resolve(done);
  };

  const next = (): Promise<IteratorResult<EventPacket, undefined>> => {
    const packet = waiting.shift();
    if (packet !== undefined) return Promise.resolve({ done: false, value: packet });
    if (failure !== undefined) {
      const error = failure;
      failure = undefined;
      return Promise.reject(error);
    }
    if (isOver) return Promise.resolve(done);
    const waiter: Waiter = Promise.withResolvers();
    waiters.push(waiter);
    return waiter.promise;
  };

  if (signal.aborted) isOver = true;
  else signal.addEventListener("abort", finish, { once: true });

  const packets: AsyncIterableIterator<EventPacket> = {
    [Symbol.asyncIterator]: () => packets,
    next,
    return: () => {
      waiting.length = 0;
      finish();
      return Promise.resolve(done);
    },
  };

  return {
    packets,
    get isOver() {
      return isOver;
    },
    push(packet) {
      if (isOver) return;
      const waiter = waiters.shift();
      if (waiter !== undefined) {
        waiter.resolve({ done: false, value: packet });
      } else if (waiting.length < most) {
        waiting.push(packet);
      } else {
        waiting.length = 0;
        failure = new TidegateError("SLOW_CONSUMER", `More than ${most} events waited to be taken.`);
        finish();
      }
    },
    end: finish,
  };
}
