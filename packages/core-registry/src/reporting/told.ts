import type { Clock } from "../contracts/clock.ts";

/** Remembers what was said to whom, so that nobody is told the same again and again (S10.2). Bounded. */
export interface Told {
  /**
   * Whether a listener is to be told: it was told something else last. Who is told three times the same within a minute,
   * or twenty things, is told no more until the minute is over: a report that makes a service change, which makes a
   * report, ends there. True counts as told.
   */
  isNews(topic: string, listener: string, outcome: string): boolean;
  /** The listeners that were told something of a topic. */
  listeners(topic: string): readonly string[];
  /** Forgets a topic. */
  forget(topic: string): void;
}

const minute = 60_000;
const mostEqual = 3;
const mostInMinute = 20;
const mostTopics = 20_000;

interface Saying {
  readonly outcome: string;
  readonly at: number;
}

/**
 * Has told nobody anything.
 * @param mostListeners how many listeners of one topic are remembered, those told last. Default 1,000
 */
export function createTold(clock: Clock, mostListeners = 1_000): Told {
  const topics = new Map<string, Map<string, readonly Saying[]>>();

  const listenersOf = (topic: string): Map<string, readonly Saying[]> => {
    const known = topics.get(topic) ?? new Map<string, readonly Saying[]>();
    touch(topics, topic, known, mostTopics);
    return known;
  };

  return {
    isNews(topic, listener, outcome) {
      const listeners = listenersOf(topic);
      const sayings = listeners.get(listener) ?? [];
      if (sayings.at(-1)?.outcome === outcome) return false;
      const now = clock.now();
      const recent = sayings.filter(({ at }) => now - at < minute);
      const equal = recent.filter((saying) => saying.outcome === outcome);
      if (equal.length >= mostEqual || recent.length >= mostInMinute) return false;
      touch(listeners, listener, [...recent, { outcome, at: now }], mostListeners);
      return true;
    },
    listeners: (topic) => [...(topics.get(topic)?.keys() ?? [])],
    forget: (topic) => void topics.delete(topic),
  };
}

/** Sets an entry as the newest, and lets go of the oldest over the bound. */
function touch<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}
