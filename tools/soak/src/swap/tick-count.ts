/** The counts of numbered events over all listeners. */
export interface TickCounts {
  readonly gaps: readonly string[];
  readonly events: number;
  /** The number of missing events after the first event of each listener. */
  readonly lost: number;
  /** The number of events that arrived twice or out of order. */
  readonly disordered: number;
}

const maxGaps = 5;

/** Counts numbered events of many listeners. */
export interface TickFollower {
  /** Adds a listener. Returns the function that receives the number of each event. */
  listener(): (tick: number) => void;
  /** Resolves when this number of listeners have received their first event. */
  waitForFirst(listeners: number): Promise<void>;
  /** Resolves when all listeners have received the last event, or after the timeout. */
  waitForLast(lastTick: number, timeoutMs: number): Promise<void>;
  /** The counts. A listener without any event has lost all of them. */
  counts(lastTick: number): TickCounts;
}

/** Starts to count events without any listener. */
export function followTicks(): TickFollower {
  const listeners: { last: number | undefined }[] = [];
  const counts = { events: 0, lost: 0, disordered: 0 };
  const gaps: string[] = [];
  const gap = (from: number, to: number): void => {
    if (gaps.length < maxGaps) gaps.push(`events ${from} to ${to} did not arrive`);
  };
  let waiting: { isComplete(): boolean; done(): void } | undefined;

  const until = (isComplete: () => boolean, timeoutMs?: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
    waiting = { isComplete, done: resolve };
    if (isComplete()) resolve();
    return promise.finally(() => clearTimeout(timer));
  };

  return {
    listener: () => {
      const state: { last: number | undefined } = { last: undefined };
      listeners.push(state);
      return (tick) => {
        counts.events++;
        if (state.last !== undefined && tick <= state.last) counts.disordered++;
        else {
          if (state.last !== undefined && tick > state.last + 1) {
            counts.lost += tick - state.last - 1;
            gap(state.last + 1, tick - 1);
          }
          state.last = tick;
        }
        if (waiting?.isComplete()) waiting.done();
      };
    },
    waitForFirst: (wanted) =>
      until(() => listeners.filter(({ last }) => last !== undefined).length >= wanted),
    waitForLast: (lastTick, timeoutMs) =>
      until(() => listeners.every(({ last }) => last !== undefined && last >= lastTick), timeoutMs),
    counts: (lastTick) => ({
      ...counts,
      gaps,
      lost: counts.lost + listeners.reduce((sum, { last = 0 }) => sum + Math.max(0, lastTick - last), 0),
    }),
  };
}
