import type { Change, Finding, Report } from "../../contracts/report.ts";
import { reportTable } from "./table.ts";

/** How many findings and console messages a combined report has. */
const maxCombined = 50;

/**
 * Combines two reports on the same service and branch: from the version before the older to that of the newer
 * (S10.2).
 */
export function combineReports(older: Report, newer: Report): Report {
  const isRuntime = newer.occasion === "runtime";
  const report: Omit<Report, "table"> = {
    ...newer,
    ...(older.from === undefined ? {} : { from: older.from }),
    changes: combineChanges(older.changes, newer.changes),
    // The report of the newest merge has all current findings. Findings at runtime add up.
    findings: isRuntime ? unique([...older.findings, ...newer.findings]).slice(-maxCombined) : newer.findings,
    console: [...older.console, ...newer.console].slice(-maxCombined),
  };
  return { ...report, table: reportTable(report) };
}

/**
 * Combines the changes of two merges. An endpoint that the first one added and the second one removed is left
 * out.
 */
export function combineChanges(first: readonly Change[], second: readonly Change[]): readonly Change[] {
  return second.reduce<readonly Change[]>(withChange, first);
}

function withChange(changes: readonly Change[], change: Change): readonly Change[] {
  const isOfSame = (one: Change): boolean => one.plugin === change.plugin && one.label === change.label;
  const was = (kind: Change["kind"]): boolean => changes.some((one) => isOfSame(one) && one.kind === kind);
  const others = changes.filter((one) => !isOfSame(one));
  if (change.kind === "removed") return was("added") ? others : [...others, change];
  if (was("added")) return changes;
  if (change.kind === "added" && was("removed"))
    return [...others, { ...change, kind: "changed", level: "dangerous" }];
  return [...changes.filter((one) => !isOfSame(one) || one.detail !== change.detail), change];
}

function unique(findings: readonly Finding[]): Finding[] {
  const keyOf = ({ code, jsonPath, message }: Finding): string => `${code} ${jsonPath} ${message}`;
  return [...new Map(findings.map((finding) => [keyOf(finding), finding])).values()];
}
