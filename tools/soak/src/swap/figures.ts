import type { LoadResult } from "@tidegate/bench";
import type { SwapResult } from "./swap.ts";
import { failuresOf, heapGrowthOf, meetsLatencyTarget, percent } from "./verdict.ts";

/** The results of a run as a table for a terminal. */
export function figuresOf(result: SwapResult): string {
  const { changes, seen, changeMs, quiet, changing, subscribed, mayRetire, heap } = result;
  const row = (name: string, of: (load: LoadResult) => string): Row => [name, of(quiet), of(changing)];
  const { growth, slope, trend } = heapGrowthOf(heap);
  const rows: readonly Row[] = [
    ["", "without changes", "with changes"],
    ["changes", "", `${changes}`],
    ["  of them served", "", `${seen}`],
    ...Object.entries(changeMs).map(([kind, ms]): Row => [`  ${kind}, median`, "", `${ms.toFixed(0)} ms`]),
    row("requests", (load) => load.requests.toLocaleString("en-US")),
    row("  a second", (load) => Math.round(load.requests / load.seconds).toLocaleString("en-US")),
    row("  failed", (load) => `${load.failed}`),
    row("  wrong", (load) => `${load.wrong}`),
    row("p50", (load) => `${load.p50.toFixed(2)} ms`),
    row("p99", (load) => `${load.p99.toFixed(2)} ms`),
    ["  ratio", "", `${(changing.p99 / quiet.p99).toFixed(2)}`],
    row("longest", (load) => `${load.max.toFixed(1)} ms`),
    ["open sockets, steady", "", `${subscribed.steady}`],
    ["  closed", "", `${subscribed.steadyClosed}`],
    ["  events", "", subscribed.events.toLocaleString("en-US")],
    ["  lost", "", `${subscribed.lost}`],
    ["  out of order", "", `${subscribed.disordered}`],
    ["open sockets, changing", "", `${subscribed.changing}`],
    ["  closed with 1012", "", `${subscribed.retired}`],
    ["  at most allowed", "", `${mayRetire}`],
    ["  closed otherwise", "", `${subscribed.changingClosed}`],
    ["heap in the middle", "", megabytes(heap[0]?.bytes)],
    ["  at the end", "", megabytes(heap.at(-1)?.bytes)],
    ["  growth", "", percent(growth)],
    ["  slope a change", "", `${(slope / 1000).toFixed(2)} kB`],
    ["  trend", "", percent(trend)],
  ];
  const failures = [
    ...failuresOf(result),
    ...(meetsLatencyTarget(result)
      ? []
      : ["target missed: p99 is more than twice as high as without changes"]),
    ...[...quiet.faults, ...changing.faults, ...subscribed.faults].map((fault) => `  ${fault}`),
  ];
  const lines = rows.map(
    ([name, one, other]) => `${name.padEnd(28)}${one.padStart(16)}${other.padStart(16)}`,
  );
  return [...lines, ...failures].join("\n");
}

type Row = readonly [name: string, quiet: string, changing: string];

function megabytes(bytes: number = Number.NaN): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
