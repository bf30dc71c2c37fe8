import type { HeapSample, SwapResult } from "./swap.ts";

/** The heap is only checked in runs with at least this many changes. */
const minChangesForHeap = 1_000;
const maxGrowth = 0.05;
const maxSlowdown = 2;

/** The growth of the heap during a run. */
export interface HeapGrowth {
  /** The last sample divided by the first, minus 1. */
  readonly growth: number;
  /** Bytes per change by linear regression. */
  readonly slope: number;
  /** The growth by the slope over the whole period, divided by the first sample. */
  readonly trend: number;
}

/** The reasons why a run failed, one per line. The heap is only checked in long runs. */
export function failuresOf(result: SwapResult): string[] {
  const { changes, seen, quiet, changing, subscribed, mayRetire, heap } = result;
  const { growth, trend } = heapGrowthOf(heap);
  const checks: readonly (readonly [boolean, string])[] = [
    [seen !== changes, `${changes - seen} changes were not served`],
    ...[quiet, changing].map(({ failed }) => [failed > 0, `${failed} requests failed`] as const),
    ...[quiet, changing].map(({ wrong }) => [wrong > 0, `${wrong} responses were wrong`] as const),
    [subscribed.steadyClosed > 0, `${subscribed.steadyClosed} sockets were closed without reason`],
    [
      subscribed.changingClosed > 0,
      `${subscribed.changingClosed} sockets were closed with another code than 1012`,
    ],
    [
      subscribed.retired > mayRetire,
      `${subscribed.retired} sockets were closed with 1012, at most ${mayRetire} were expected`,
    ],
    [mayRetire > 0 && subscribed.retired === 0, "no socket was closed although its subscription changed"],
    [subscribed.lost > 0, `${subscribed.lost} events were lost`],
    [subscribed.disordered > 0, `${subscribed.disordered} events arrived twice or out of order`],
    [
      changes >= minChangesForHeap && (growth > maxGrowth || trend > maxGrowth),
      `the heap grew by ${percent(growth)}, by its trend ${percent(trend)}`,
    ],
  ];
  return checks.flatMap(([failed, text]) => (failed ? [text] : []));
}

/**
 * Whether p99 is at most twice as high as without changes. Only a target, because other processes influence
 * it.
 */
export function meetsLatencyTarget({ quiet, changing }: SwapResult): boolean {
  return changing.p99 <= maxSlowdown * quiet.p99;
}

/** The growth of the heap from the first to the last sample. */
export function heapGrowthOf(heap: readonly HeapSample[]): HeapGrowth {
  const first = heap[0] ?? { change: 0, bytes: Number.NaN };
  const last = heap.at(-1) ?? first;
  const slope = slopeOf(heap);
  return {
    growth: last.bytes / first.bytes - 1,
    slope,
    trend: (slope * (last.change - first.change)) / first.bytes,
  };
}

/** Formats a ratio as a percentage. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** The slope of a linear regression. */
function slopeOf(heap: readonly HeapSample[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(heap.map(({ change }) => change));
  const y = mean(heap.map(({ bytes }) => bytes));
  const along = heap.reduce((sum, { change }) => sum + (change - x) ** 2, 0);
  return along === 0
    ? 0
    : heap.reduce((sum, { change, bytes }) => sum + (change - x) * (bytes - y), 0) / along;
}
