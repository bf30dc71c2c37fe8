import { relative } from "node:path";
import type { Finding, Report } from "@tidegate/core-registry";
import { codeFrame } from "@tidegate/core-registry/runtime";
import { type LocatedValue, locateExported, parseJsonPath } from "@tidegate/service-moleculer/source";
import type { LocatedFinding, LocatedReport } from "../report-text.ts";
import type { FragmentInFile } from "./fragment-file/read.ts";

/**
 * Adds to each finding of a report where its value is written, with the lines of that file as its frame.
 * @param name the file as the user named it
 */
export function withSources(report: Report, fragment: FragmentInFile, name: string): LocatedReport {
  return { ...report, findings: report.findings.map((finding) => withSource(finding, fragment, name)) };
}

function withSource(finding: Finding, { path, keys }: FragmentInFile, name: string): LocatedFinding {
  const { jsonPath, line, column = 1, frame } = finding;
  const inText = line === undefined ? undefined : { line, column };
  const located = locateExported(path, [...keys, ...parseJsonPath(jsonPath)], inText);
  if (located === undefined) return { ...finding, source: { file: name } };
  const file = located.file === path ? name : relative(process.cwd(), located.file);
  const source = { file, line: located.line, column: located.column };
  const fileFrame = codeFrame(located.text, located.line, located.column);
  return {
    ...finding,
    source,
    ...(frame !== undefined && !isOfText(finding, located) && { frame: fileFrame }),
  };
}

/** A text with line breaks that its file writes as escapes is easier to read in a frame of its own. */
function isOfText({ line }: Finding, { text, value: [start, end] }: LocatedValue): boolean {
  return line !== undefined && text.slice(start, end).includes("\\n");
}
