import type { BrokerSink } from "@tidegate/core-registry";

/** Observes the services and events that the gateway's broker reports, and detects duplicates. */
export interface Observer {
  /** Receives the notifications of the gateway's broker. */
  readonly sink: BrokerSink;
  /** Resolves with true when exactly these nodes provide `work`, or with false after the timeout. */
  waitForNodes(nodes: readonly string[], timeoutMs: number): Promise<boolean>;
  /** Records the calls that ran on a node. */
  recordCalls(calls: readonly number[]): void;
  events(): number;
  /** The number of duplicate events and calls. */
  duplicates(): number;
}

/** Creates an observer for one run. */
export function createObserver(): Observer {
  const nodes = new Set<string>();
  const ticks = new Set<string>();
  const calls = new Set<number>();
  const waiting = new Set<() => void>();
  let duplicates = 0;
  const count = <Value>(seen: Set<Value>, value: Value): void => {
    if (seen.has(value)) duplicates++;
    seen.add(value);
  };
  const notify = (): void => {
    for (const listener of waiting) listener();
  };
  return {
    sink: {
      serviceUp: ({ name }, { id }) => {
        if (name === "work") nodes.add(id);
        notify();
      },
      serviceDown: (name, id) => {
        if (name === "work") nodes.delete(id);
        notify();
      },
      event: ({ event, payload }) => {
        if (event === "fault.tick") count(ticks, JSON.stringify(payload));
      },
    },
    waitForNodes: (wanted, timeoutMs) => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const check = (): void => {
        if (nodes.size === wanted.length && wanted.every((node) => nodes.has(node))) resolve(true);
      };
      const timer = setTimeout(() => resolve(false), timeoutMs);
      waiting.add(check);
      check();
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(check);
      });
    },
    recordCalls: (numbers) => {
      for (const call of numbers) count(calls, call);
    },
    events: () => ticks.size,
    duplicates: () => duplicates,
  };
}
