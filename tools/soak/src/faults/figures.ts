import type { FaultsResult } from "./faults.ts";
import { type FaultResult, wrongWith } from "./run.ts";

/** One run, for a terminal. */
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
  return [line, ...wrongWith(result).map((what) => `  WRONG: ${what}`)].join("\n");
}

/** The names above the lines. */
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

/** What was left out, and whether all was as it should be. */
export function verdictOf({ results, leftOut }: FaultsResult): string {
  const wrong = results.filter((result) => wrongWith(result).length > 0);
  const left = leftOut.map((what) => `left out: ${what}`);
  return [...left, `${results.length} runs, ${wrong.length} of them wrong`].join("\n");
}

/** Whether nothing hung, and everything was whole again each time. */
export function passed({ results }: FaultsResult): boolean {
  return results.length > 0 && results.every((result) => wrongWith(result).length === 0);
}
