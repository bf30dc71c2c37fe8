import type { FaultsResult } from "./faults.ts";
import { type FaultResult, failuresOf } from "./run.ts";

/** The result of a run as a line of the table. */
export function lineOf(result: FaultResult): string {
  const { fault, transport, seed, ok, failed, hanging, longest, recovered, twice } = result;
  const codes = Object.entries(failed).map(([code, count]) => `${count} ${code}`);
  const line = [
    fault.padEnd(30),
    transport.padEnd(6),
    `${seed}`.padStart(3),
    `${ok}`.padStart(7),
    `${hanging}`.padStart(8),
    `${Math.round(longest)}`.padStart(8),
    (recovered === undefined ? "never" : `${Math.round(recovered)}`).padStart(10),
    `${twice}`.padStart(6),
    `  ${codes.length === 0 ? "none" : codes.join(", ")}`,
  ].join("");
  return [line, ...failuresOf(result).map((failure) => `  FAILED: ${failure}`)].join("\n");
}

/** The column names of the table. */
export const heading: string = [
  "fault".padEnd(30),
  "on".padEnd(6),
  "#".padStart(3),
  "ok".padStart(7),
  "hanging".padStart(8),
  "longest".padStart(8),
  "recovered".padStart(10),
  "twice".padStart(6),
  "  failed",
].join("");

/** The skipped faults, and the number of failed runs. */
export function verdictOf({ results, skipped }: FaultsResult): string {
  const failed = results.filter((result) => failuresOf(result).length > 0);
  const lines = skipped.map((fault) => `skipped: ${fault}`);
  return [...lines, `${results.length} runs, ${failed.length} failed`].join("\n");
}

/** Whether at least one run took place and all runs recovered without a hanging call. */
export function passed({ results }: FaultsResult): boolean {
  return results.length > 0 && results.every((result) => failuresOf(result).length === 0);
}
