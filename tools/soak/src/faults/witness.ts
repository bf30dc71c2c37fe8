import type { BrokerSink } from "@tidegate/core-registry";

/** What the gateway is told, and what must not come twice. */
export interface Witness {
  /** Where the gateway's broker tells it. */
  readonly sink: BrokerSink;
  /** Resolves when the nodes that offer `work` are these, or with false after so many milliseconds. */
  sees(nodes: readonly string[], ms: number): Promise<boolean>;
  /** Takes the calls that a node has dispatched. */
  ran(calls: readonly number[]): void;
  /** Events that came. */
  events(): number;
  /** Events, and calls, that came or ran more than once. */
  twice(): number;
}

/** Watches a run. */
export function makeWitness(): Witness {
  const nodes = new Set<string>();
  const ticks = new Set<string>();
  const calls = new Set<number>();
  const waiting = new Set<() => void>();
  let twice = 0;
  const count = <Value>(seen: Set<Value>, value: Value): void => {
    if (seen.has(value)) twice++;
    seen.add(value);
  };
  const look = (): void => {
    for (const listener of waiting) listener();
  };
  return {
    sink: {
      serviceUp: ({ name }, { id }) => {
        if (name === "work") nodes.add(id);
        look();
      },
      serviceDown: (name, id) => {
        if (name === "work") nodes.delete(id);
        look();
      },
      event: ({ event, payload }) => {
        if (event === "fault.tick") count(ticks, JSON.stringify(payload));
      },
    },
    sees: (wanted, ms) => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const seen = (): void => {
        if (nodes.size === wanted.length && wanted.every((node) => nodes.has(node))) resolve(true);
      };
      const timer = setTimeout(() => resolve(false), ms);
      waiting.add(seen);
      seen();
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(seen);
      });
    },
    ran: (dispatched) => {
      for (const call of dispatched) count(calls, call);
    },
    events: () => ticks.size,
    twice: () => twice,
  };
}
