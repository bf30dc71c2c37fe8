import type { Change } from "../contracts/change.ts";
import type { Finding } from "../contracts/finding.ts";
import type { Report } from "../contracts/report.ts";

const signs: Record<Change["kind"], string> = { added: "+", removed: "-", changed: "~" };
const words: Record<Report["state"], string> = {
  queued: "is queued",
  waiting: "is served in part, the rest waits",
  succeeded: "is served",
  failed: "was refused; what was served before goes on",
  skipped: "changes nothing",
};

/** A report as text for a terminal, without colour: what happened, where, what to do (S10.1). */
export function reportTable(report: Omit<Report, "table">): string {
  return [headline(report), ...sections(report).flatMap((lines) => lines.map((line) => `  ${line}`))].join(
    "\n",
  );
}

function headline({ service, branch, hash, occasion, state, from, to }: Omit<Report, "table">): string {
  const fragment = hash === undefined ? "its fragment" : `fragment ${hash.slice(0, 8)}`;
  if (occasion === "runtime") return `${service} on ${branch}: ${fragment}, while it was served`;
  const what = occasion === "remove" ? "is no longer served" : words[state];
  const version =
    to === undefined
      ? ""
      : from === to || from === undefined
        ? ` (version ${to})`
        : ` (version ${from} -> ${to})`;
  return `${service} on ${branch}: ${fragment} ${what}${version}`;
}

function sections(report: Omit<Report, "table">): string[][] {
  return [
    report.changes.map(changeLine),
    ...report.findings.map(findingLines),
    report.console.map(({ level, jsonPath, text }) => `console.${level} ${jsonPath}: ${text}`),
    report.urls.length === 0 ? [] : [`try it: ${report.urls.join("  ")}`],
  ];
}

/** A change on one line: `+ GET /players/:id`. */
export function changeLine({ kind, label, level, detail }: Change): string {
  const weight = level === "safe" ? "" : ` [${level}]`;
  return `${signs[kind]} ${label}${weight}${detail === undefined ? "" : `: ${detail}`}`;
}

/** A finding on several lines: what, where, expected and found, the code around, what to do. */
export function findingLines(finding: Finding): string[] {
  const { severity, code, jsonPath, message, expected, found, line, column, frame, hint } = finding;
  const place = line === undefined ? jsonPath : `${jsonPath}:${line}:${column ?? 1}`;
  return [
    `${severity} ${code} at ${place === "" ? "the fragment" : place}`,
    `  ${message}`,
    ...(expected === undefined ? [] : [`  expected: ${expected}`]),
    ...(found === undefined ? [] : [`  found:    ${found}`]),
    ...(frame === undefined ? [] : frame.split("\n").map((text) => `    ${text}`)),
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ];
}
