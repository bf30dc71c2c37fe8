import type { Change } from "../contracts/change.ts";
import type { Finding } from "../contracts/finding.ts";
import type { Report } from "../contracts/report.ts";
import { reportTable } from "./table.ts";

/** What one combined report says of anything at the most. */
const mostEach = 50;

/** What two reports on the same service and branch have to say together: from the older one's version to the newer's (S10.2). */
export function combineReports(older: Report, newer: Report): Report {
  const isRuntime = newer.occasion === "runtime";
  const report: Omit<Report, "table"> = {
    ...newer,
    ...(older.from === undefined ? {} : { from: older.from }),
    changes: combineChanges(older.changes, newer.changes),
    // The newest merge tells everything that is wrong now; what happened while a fragment was served adds up.
    findings: isRuntime ? unique([...older.findings, ...newer.findings]).slice(-mostEach) : newer.findings,
    console: [...older.console, ...newer.console].slice(-mostEach),
  };
  return { ...report, table: reportTable(report) };
}

/** What two steps changed together: what came with one and went with the other is left out. */
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
  return [
    ...new Map(
      findings.map((finding) => [`${finding.code} ${finding.jsonPath} ${finding.message}`, finding]),
    ).values(),
  ];
}
