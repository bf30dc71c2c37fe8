import type { HeapSample, SwapResult } from "./swap.ts";

/** Fewer changes than this tell nothing of the heap. */
const changesForHeap = 1_000;
const mostGrowth = 0.05;
const mostSlowdown = 2;

/** How the heap moved. */
export interface HeapMovement {
  /** The last sample to the first, less 1. */
  readonly growth: number;
  /** Bytes a change, by least squares. */
  readonly slope: number;
  /** What the slope makes of the whole while, to the first sample. */
  readonly trend: number;
}

/** Counts that should be 0 and are not, or the other way round, a line each; of a long run the heap too. */
export function faultsOf(result: SwapResult): string[] {
  const { changes, seen, quiet, changing, subscribed, mayRetire, heap } = result;
  const { growth, trend } = movementOf(heap);
  const faults: readonly (readonly [boolean, string])[] = [
    [seen !== changes, `${changes - seen} changes were not seen`],
    ...[quiet, changing].map(({ failed }) => [failed > 0, `${failed} requests failed`] as const),
    ...[quiet, changing].map(({ wrong }) => [wrong > 0, `${wrong} answers were wrong`] as const),
    [subscribed.steadyClosed > 0, `${subscribed.steadyClosed} sockets were closed for nothing`],
    [
      subscribed.changingClosed > 0,
      `${subscribed.changingClosed} sockets were closed with another code than 1012`,
    ],
    [
      subscribed.retired > mayRetire,
      `${subscribed.retired} sockets were closed with 1012, at most ${mayRetire} had to be`,
    ],
    [mayRetire > 0 && subscribed.retired === 0, "no socket was closed, though its subscription changed"],
    [subscribed.lost > 0, `${subscribed.lost} events were lost`],
    [subscribed.disordered > 0, `${subscribed.disordered} events came twice or too early`],
    [
      changes >= changesForHeap && (growth > mostGrowth || trend > mostGrowth),
      `the heap grew by ${percent(growth)}, by its trend ${percent(trend)}`,
    ],
  ];
  return faults.flatMap(([isFault, text]) => (isFault ? [text] : []));
}

/** Whether requests took at most twice as long, 99 of 100, as without changes: an aim, since other processes have a say in it. */
export function keepsPace({ quiet, changing }: SwapResult): boolean {
  return changing.p99 <= mostSlowdown * quiet.p99;
}

/** How the heap moved from the first sample to the last. */
export function movementOf(heap: readonly HeapSample[]): HeapMovement {
  const first = heap[0] ?? { change: 0, bytes: Number.NaN };
  const last = heap.at(-1) ?? first;
  const slope = slopeOf(heap);
  return {
    growth: last.bytes / first.bytes - 1,
    slope,
    trend: (slope * (last.change - first.change)) / first.bytes,
  };
}

/** A share, for people. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** The slope of the line of least squares. */
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
