import type { Broker, EventPacket } from "../contracts/broker.ts";
import { TidegateError } from "../contracts/errors.ts";
import type { EventSource } from "../contracts/events.ts";
import { nameMatcher } from "./names.ts";

/**
 * The hub between brokers and subscribers (S6). It is independent of versions: a merge does not affect
 * subscriptions.
 */
export interface EventHub extends EventSource {
  /** Delivers an event of a broker to its subscribers. */
  receive(packet: EventPacket): void;
  /** The number of subscribers. */
  readonly size: number;
  /** Ends all subscriptions. */
  stop(): void;
}

/** The subscribers of one pattern. */
interface Topic {
  readonly matches: (name: string) => boolean;
  readonly subscribers: Set<Subscriber>;
}

/** The maximum number of events in the queue of one subscriber. */
const maxQueued = 1_000;
const maxNameLength = 256;

/** Creates a hub. It passes the current patterns to the brokers whenever they change. */
export function createEventHub(brokers: readonly Broker[]): EventHub {
  return new Hub(brokers);
}

class Hub implements EventHub {
  readonly #brokers: readonly Broker[];
  readonly #topics = new Map<string, Topic>();
  /** The topics whose patterns contain a star: only these must be compared with each event. */
  readonly #patterns = new Map<string, Topic>();
  #isUpdateScheduled = false;

  constructor(brokers: readonly Broker[]) {
    this.#brokers = brokers;
  }

  /** An arrow function, because brokers call it without the hub. */
  readonly receive = (packet: EventPacket): void => {
    if (packet.event.startsWith("$") || packet.event.length > maxNameLength) return;
    const receivers = new Set<Subscriber>(this.#topics.get(packet.event)?.subscribers);
    for (const { matches, subscribers } of this.#patterns.values()) {
      if (matches(packet.event)) for (const subscriber of subscribers) receivers.add(subscriber);
    }
    for (const subscriber of receivers) subscriber.push(packet);
  };

  subscribe(patterns: readonly string[], signal: AbortSignal): AsyncIterableIterator<EventPacket> {
    const unique = [...new Set(patterns)];
    const subscriber = new Subscriber(signal, () => {
      for (const pattern of unique) this.#remove(pattern, subscriber);
    });
    if (!subscriber.isOver) for (const pattern of unique) this.#add(pattern, subscriber);
    return subscriber;
  }

  get size(): number {
    return new Set([...this.#topics.values()].flatMap(({ subscribers }) => [...subscribers])).size;
  }

  stop(): void {
    for (const { subscribers } of [...this.#topics.values()])
      for (const subscriber of [...subscribers]) subscriber.end();
  }

  #add(pattern: string, subscriber: Subscriber): void {
    const existing = this.#topics.get(pattern);
    if (existing !== undefined) {
      existing.subscribers.add(subscriber);
      return;
    }
    const topic: Topic = { matches: nameMatcher(pattern), subscribers: new Set([subscriber]) };
    this.#topics.set(pattern, topic);
    if (pattern.includes("*")) this.#patterns.set(pattern, topic);
    this.#scheduleUpdate();
  }

  #remove(pattern: string, subscriber: Subscriber): void {
    const topic = this.#topics.get(pattern);
    topic?.subscribers.delete(subscriber);
    if (topic?.subscribers.size !== 0) return;
    this.#topics.delete(pattern);
    this.#patterns.delete(pattern);
    this.#scheduleUpdate();
  }

  /**
   * Passes the patterns to the brokers once per tick, because many subscriptions can begin or end at the same
   * time.
   */
  #scheduleUpdate(): void {
    if (this.#isUpdateScheduled) return;
    this.#isUpdateScheduled = true;
    queueMicrotask(() => {
      this.#isUpdateScheduled = false;
      const patterns = [...this.#topics.keys()];
      for (const broker of this.#brokers) broker.events?.(patterns);
    });
  }
}

type Result = IteratorResult<EventPacket, undefined>;

const done: Result = { done: true, value: undefined };

/** One subscriber of the hub: a bounded queue that an iterator reads. */
class Subscriber implements AsyncIterableIterator<EventPacket> {
  readonly #signal: AbortSignal;
  readonly #onEnd: () => void;
  readonly #queue: EventPacket[] = [];
  /** The readers that wait for an event. Empty while the queue is not. */
  readonly #waiters: PromiseWithResolvers<Result>[] = [];
  /** The error that the next read of an overfull subscriber throws. */
  #failure: TidegateError | undefined;
  #isOver: boolean;
  readonly #onAbort = (): void => this.end();

  /**
   * @param signal ends the subscriber
   * @param onEnd called once when the subscriber ends for any reason, unless the signal is already aborted
   */
  constructor(signal: AbortSignal, onEnd: () => void) {
    this.#signal = signal;
    this.#onEnd = onEnd;
    this.#isOver = signal.aborted;
    if (!signal.aborted) signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Adds an event to the queue. Ends the subscriber with `SLOW_CONSUMER` where the queue is full. */
  push(packet: EventPacket): void {
    if (this.#isOver) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter.resolve({ done: false, value: packet });
    else if (this.#queue.length < maxQueued) this.#queue.push(packet);
    else {
      this.#queue.length = 0;
      const message = `The client is too slow: more than ${maxQueued} events were waiting to be sent.`;
      this.#failure = new TidegateError("SLOW_CONSUMER", message);
      this.end();
    }
  }

  /** Ends the subscriber. Queued events can still be read. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#onEnd();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(done);
  }

  async next(): Promise<Result> {
    const packet = this.#queue.shift();
    if (packet !== undefined) return { done: false, value: packet };
    if (this.#failure !== undefined) {
      const error = this.#failure;
      this.#failure = undefined;
      throw error;
    }
    if (this.#isOver) return done;
    const waiter: PromiseWithResolvers<Result> = Promise.withResolvers();
    this.#waiters.push(waiter);
    return waiter.promise;
  }

  async return(): Promise<Result> {
    this.#queue.length = 0;
    this.end();
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
