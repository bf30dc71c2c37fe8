/** What listeners to numbered events got, all together. */
export interface TickCounts {
  /** The first few gaps, in words. */
  readonly gaps: readonly string[];
  /** Events. */
  readonly events: number;
  /** Numbers between a listener's first one and the last one that it did not get. */
  readonly lost: number;
  /** Numbers that came twice, or after a higher one. */
  readonly disordered: number;
}

const keptGaps = 5;

/** Follows numbered events on many listeners. */
export interface TickFollower {
  /** One more listener: is told each number that comes. */
  listener(): (tick: number) => void;
  /** Resolves when so many listeners got their first event. */
  dispatched(listeners: number): Promise<void>;
  /** Resolves when every listener got the last event, or after so many milliseconds. */
  ended(lastTick: number, patience: number): Promise<void>;
  /** What came. Listeners that never got one have lost all. */
  counts(lastTick: number): TickCounts;
}

/** Follows from now on. */
export function followTicks(): TickFollower {
  const listeners: { last: number | undefined }[] = [];
  const counts = { events: 0, lost: 0, disordered: 0 };
  const gaps: string[] = [];
  const gap = (from: number, to: number): void => {
    if (gaps.length < keptGaps) gaps.push(`events ${from} to ${to} did not come`);
  };
  let waiting: { fits(): boolean; done(): void } | undefined;

  const until = (fits: () => boolean, patience?: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = patience === undefined ? undefined : setTimeout(resolve, patience);
    waiting = { fits, done: resolve };
    if (fits()) resolve();
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
        if (waiting?.fits()) waiting.done();
      };
    },
    dispatched: (wanted) => until(() => listeners.filter(({ last }) => last !== undefined).length >= wanted),
    ended: (lastTick, patience) =>
      until(() => listeners.every(({ last }) => last !== undefined && last >= lastTick), patience),
    counts: (lastTick) => ({
      ...counts,
      gaps,
      lost: counts.lost + listeners.reduce((sum, { last = 0 }) => sum + Math.max(0, lastTick - last), 0),
    }),
  };
}
