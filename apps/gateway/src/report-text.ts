import { styleText } from "node:util";
import type { Change, Finding, Report } from "@tidegate/core-registry";
import { count, printable } from "./text.ts";

type Color = "red" | "yellow" | "green" | "cyan" | "dim" | "bold";
type Paint = (color: Color, text: string) => string;

const colors = {
  error: "red",
  warning: "yellow",
  info: "cyan",
  added: "green",
  removed: "red",
  changed: "yellow",
} as const;
const signs = { added: "+", removed: "-", changed: "~" } as const;

/** A finding, and where in the files of the user the value is written that it is about. */
export interface LocatedFinding extends Finding {
  readonly source?: FindingSource;
}

/** A place in a file. */
export interface FindingSource {
  /** The path as the user names it. */
  readonly file: string;
  /** From 1. Absent where only the file is known. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
}

/** A report whose findings can have places in files. */
export interface LocatedReport extends Report {
  readonly findings: readonly LocatedFinding[];
}

/**
 * A complete report for a terminal: the result, each finding with its path, its place in a file, the expected
 * and the found value, a hint and the code frame, then the changes, and how to read more about the findings.
 */
export function reportText(report: LocatedReport, coloured: boolean): string {
  const paint: Paint = coloured
    ? (color, text) => styleText(color, text, { validateStream: false })
    : (_, text) => text;
  const parts = [
    title(report, paint),
    ...report.findings.map((finding) => findingText(finding, paint)),
    report.changes.map((change) => changeText(change, paint)).join("\n"),
    explainText(report.findings),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Whether the fragment of a report is, or would be, refused. */
export function isRefused(report: Report): boolean {
  return report.state === "failed" || report.findings.some(({ severity }) => severity === "error");
}

function title(report: Report, paint: Paint): string {
  const counts = (["error", "warning"] as const).flatMap((severity) => {
    const n = report.findings.filter((finding) => finding.severity === severity).length;
    return n === 0 ? [] : [count(n, severity)];
  });
  const result = isRefused(report) ? paint("red", "refused") : paint("green", "accepted");
  const subject = paint("bold", printable(`${report.service} on ${report.branch}`));
  return `${subject}: ${result}${counts.length === 0 ? "" : ` (${counts.join(", ")})`}`;
}

/** One line for all findings: the command that explains the first one, which is among the most severe. */
function explainText([first]: readonly Finding[]): string {
  return first === undefined || first.severity === "info"
    ? ""
    : printable(`More about it: tidegate explain ${first.code}`);
}

function findingText(finding: LocatedFinding, paint: Paint): string {
  const { severity, code, jsonPath, message, expected, found, hint, frame, line, column, source } = finding;
  const place = line === undefined ? jsonPath : `${jsonPath}:${line}:${column ?? 1}`;
  const label = paint(colors[severity], severity);
  const lines = [
    `${label} ${paint("bold", printable(place || "(whole fragment)"))}  ${paint("dim", printable(code))}`,
    ...(source === undefined ? [] : [indented(sourceText(source))]),
    indented(message),
    ...(expected === undefined ? [] : [indented(`expected: ${expected}`)]),
    ...(found === undefined ? [] : [indented(`found: ${found}`)]),
    ...(hint === undefined ? [] : [indented(hint)]),
    ...(frame === undefined ? [] : ["", indented(frame)]),
  ];
  return lines.join("\n");
}

function sourceText({ file, line, column }: FindingSource): string {
  return line === undefined ? file : `${file}:${line}:${column ?? 1}`;
}

function changeText({ kind, label, detail }: Change, paint: Paint): string {
  return paint(
    colors[kind],
    printable(`${signs[kind]} ${label}${detail === undefined ? "" : `  ${detail}`}`),
  );
}

function indented(text: string): string {
  return printable(text).replaceAll(/^(?=.)/gm, "  ");
}
