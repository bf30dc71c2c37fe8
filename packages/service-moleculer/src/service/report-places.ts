import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Report } from "@tidegate/fragment";
import type { LocatedValue, SourcePlace } from "../source/locate.ts";
import { isCount, isObject } from "../wire/values.ts";

/**
 * The place of the call of a function in the code of its caller, as the stack shows it; undefined where the
 * stack shows no file.
 * @param callee the function that was called; must be on the stack
 */
export function callerPlace(callee: (...args: never[]) => unknown): SourcePlace | undefined {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, callee);
  for (const frame of String(holder.stack).split("\n")) {
    const [, path, line, column] = stackPlace.exec(frame) ?? [];
    if (path === undefined) continue;
    const file = path.startsWith("file:") ? fileURLToPath(path) : path;
    return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}

/**
 * The text of a report, with the place in the source below the first line of the first 20 findings:
 * `file:line:column`. The places stay on the service's side: no other node knows its files.
 *
 * @param report comes from another node and is not checked
 * @param call the call of the mixin; undefined: the text has no places
 */
export async function withPlaces(
  { table, findings }: Partial<Report>,
  call: SourcePlace | undefined,
): Promise<string> {
  const text = String(table);
  if (call === undefined || !Array.isArray(findings) || findings.length === 0) return text;
  // The parser is loaded with the first finding, and never by a service whose fragment has none.
  const { locateInCall, parseJsonPath } = await import("../source/report.ts");
  const lines = text.split("\n");
  const shown = new Map<string, string>();
  for (const finding of findings.filter(isObject).slice(0, maxPlaces)) {
    const title = titleOf(finding);
    if (title === undefined || shown.has(title) || !lines.includes(title)) continue;
    const keys = parseJsonPath(String(finding.jsonPath));
    shown.set(title, placeText(locateInCall(call, keys, inText(finding)), call));
  }
  return lines.flatMap((line) => [line, ...[shown.get(line)].flatMap((place) => place ?? [])]).join("\n");
}

/** Each place takes a few milliseconds, because its file is read and parsed. */
const maxPlaces = 20;

/** The end of a line of a stack: a file as a path or URL, the line and the column. */
const stackPlace = /(?:\(|at )((?:file:\/\/|\/|[A-Za-z]:[\\/]).*):(\d+):(\d+)\)?$/;

/** The first line of a finding in the table of a report. */
function titleOf(finding: Readonly<Record<string, unknown>>): string | undefined {
  const { severity, code, jsonPath, line, column } = finding;
  if (typeof jsonPath !== "string") return undefined;
  const place = isCount(line) ? `${jsonPath}:${line}:${isCount(column) ? column : 1}` : jsonPath;
  return `  ${severity} ${code} at ${place === "" ? "the fragment" : place}`;
}

function inText({ line, column }: Readonly<Record<string, unknown>>) {
  return isCount(line) ? { line, column: isCount(column) ? column : 1 } : undefined;
}

function placeText(located: LocatedValue | undefined, call: SourcePlace): string {
  const { file, line, column } = located ?? call;
  const path = relative(process.cwd(), file);
  return `    ${path.startsWith("..") ? file : path}:${line}:${column}`;
}
