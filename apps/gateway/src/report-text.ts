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

/**
 * A complete report for a terminal: the result, each finding with its path, the expected and the found value,
 * a hint and the code frame, then the changes.
 */
export function reportText(report: Report, coloured: boolean): string {
  const paint: Paint = coloured
    ? (color, text) => styleText(color, text, { validateStream: false })
    : (_, text) => text;
  const parts = [
    title(report, paint),
    ...report.findings.map((finding) => findingText(finding, paint)),
    report.changes.map((change) => changeText(change, paint)).join("\n"),
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

function findingText(finding: Finding, paint: Paint): string {
  const { severity, code, jsonPath, message, expected, found, hint, frame, line, column } = finding;
  const place = line === undefined ? jsonPath : `${jsonPath}:${line}:${column ?? 1}`;
  const label = paint(colors[severity], severity);
  const lines = [
    `${label} ${paint("bold", printable(place || "(whole fragment)"))}  ${paint("dim", printable(code))}`,
    indented(message),
    ...(expected === undefined ? [] : [indented(`expected: ${expected}`)]),
    ...(found === undefined ? [] : [indented(`found: ${found}`)]),
    ...(hint === undefined ? [] : [indented(hint)]),
    ...(frame === undefined ? [] : ["", indented(frame)]),
  ];
  return lines.join("\n");
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
