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
 * A report whole, for a terminal: what would become of the fragment, each finding with its path, what was expected and found,
 * what to do and the code frame, then what would change.
 * @param colored whether to colour it
 */
export function fullReportText(report: Report, colored: boolean): string {
  const paint: Paint = colored
    ? (color, text) => styleText(color, text, { validateStream: false })
    : (_, text) => text;
  const parts = [
    title(report, paint),
    ...report.findings.map((finding) => findingText(finding, paint)),
    report.changes.map((change) => changeText(change, paint)).join("\n"),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Whether a report says that the fragment is refused. */
export function refused(report: Report): boolean {
  return report.state === "failed" || report.findings.some(({ severity }) => severity === "error");
}

function title(report: Report, paint: Paint): string {
  const numbers = (["error", "warning"] as const).map((severity) => {
    const n = report.findings.filter((finding) => finding.severity === severity).length;
    return n === 0 ? [] : [count(n, severity)];
  });
  const found = numbers.flat().join(", ");
  const result = refused(report) ? paint("red", "refused") : paint("green", "accepted");
  const subject = paint("bold", printable(`${report.service} on ${report.branch}`));
  return `${subject}: ${result}${found === "" ? "" : ` (${found})`}`;
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
