import type { LoadResult } from "@tidegate/bench";
import type { SwapResult } from "./swap.ts";

/** What came of a run, for a terminal. */
export function figuresOf({ changes, seen, changeMs, quiet, changing }: SwapResult): string {
  const rows: readonly (readonly [string, string, string])[] = [
    ["", "without changes", "with changes"],
    ["changes", "", `${changes}`],
    ["  of them seen", "", `${seen}`],
    ["  until served, median", "", `${changeMs.toFixed(0)} ms`],
    row("requests", (load) => load.requests.toLocaleString("en-US")),
    row("  a second", (load) => Math.round(load.requests / load.seconds).toLocaleString("en-US")),
    row("  failed", (load) => `${load.failed}`),
    row("  wrong", (load) => `${load.wrong}`),
    row("p50", (load) => `${load.p50.toFixed(2)} ms`),
    row("p99", (load) => `${load.p99.toFixed(2)} ms`),
    row("longest", (load) => `${load.max.toFixed(1)} ms`),
  ];
  const faults = [...quiet.faults, ...changing.faults].map((fault) => `  ${fault}`);
  const lines = rows.map(
    ([name, one, other]) => `${name.padEnd(24)}${one.padStart(16)}${other.padStart(16)}`,
  );
  return [...lines, ...faults].join("\n");

  function row(name: string, of: (load: LoadResult) => string): readonly [string, string, string] {
    return [name, of(quiet), of(changing)];
  }
}
