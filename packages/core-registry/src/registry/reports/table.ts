import { stripVTControlCharacters } from "node:util";
import type { Change, Finding, Origin, Report } from "../../contracts/report.ts";
import { jsonFrame, jsonFrames, parseJsonPath } from "../../runtime/fragment/frames.ts";
import { isPublic } from "../difference/access.ts";

const signs: Record<Change["kind"], string> = { added: "+", removed: "-", changed: "~" };
const results: Record<Report["state"], string> = {
  waiting: "is served in part, the rest is waiting",
  succeeded: "is served",
  failed: "was refused and is not served",
  skipped: "changed nothing",
};
/**
 * How many changes, findings and places a table lists. What is more is counted: the report has all of them.
 */
const maxListed = 10;
/** How many public endpoints a table names, if not all changed endpoints are public. */
const maxPublicNames = 5;

/** Adds the table to a report. */
export function withTable(report: Omit<Report, "table">): Report {
  return { ...report, table: reportTable(report) };
}

/**
 * Formats a report as text for a terminal, without colours (S10.1): a headline with the result, the findings
 * (errors first), the console messages, the changes, and the URLs to try.
 */
export function reportTable(report: Omit<Report, "table">): string {
  const lines = [
    headline(report),
    ...sections(report).flatMap((section) => section.map((line) => `  ${line}`)),
  ];
  return printable(lines.map((line) => line.trimEnd()).join("\n"));
}

function headline(report: Omit<Report, "table">): string {
  const { service, branch, hash, occasion, state } = report;
  const subject = `${service} on ${branch}: fragment${hash === undefined ? "" : ` ${hash.slice(0, 8)}`}`;
  if (occasion === "runtime") return `${subject} at runtime`;
  const result = occasion === "remove" ? "is no longer served" : results[state];
  return `${subject} ${result}${versionText(report)}`;
}

function versionText({ from, to }: Omit<Report, "table">): string {
  if (to === undefined) return "";
  return from === to || from === undefined ? ` (version ${to})` : ` (version ${from} -> ${to})`;
}

function sections(report: Omit<Report, "table">): (readonly string[])[] {
  const isRepeated = repeatsChangeOf(report.changes);
  const findings = report.findings.filter((finding) => !isRepeated(finding)).toSorted(bySeverity);
  const groups = groupEqual(findings);
  return [
    ...groups.slice(0, maxListed).map(withoutRepetition).map(findingGroupLines),
    restLines(groups.slice(maxListed)),
    explainLine(findings),
    report.console.map(({ level, jsonPath, text }) => `console.${level} ${jsonPath}: ${text}`),
    changeLines(report.changes, report.findings.filter(isRepeated)),
    report.urls.length === 0 ? [] : [`try it: ${report.urls.join("  ")}`],
  ];
}

/** Findings that say the same about several places. */
interface FindingGroup extends Finding {
  /** The places of the others. */
  readonly others: readonly string[];
}

function groupEqual(findings: readonly Finding[]): readonly FindingGroup[] {
  const groups = Map.groupBy(findings, ({ severity, code, message }) => `${severity} ${code} ${message}`);
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, others: others.map(placeOf) }],
  );
}

function findingGroupLines({ others, ...finding }: FindingGroup): readonly string[] {
  const lines = findingLines(finding);
  if (others.length === 0) return lines;
  const places =
    others.length > maxListed
      ? `${others.length} more places`
      : others.map((place) => place || "the fragment").join(", ");
  return [...lines, `  also at ${places}`];
}

function restLines(rest: readonly FindingGroup[]): string[] {
  if (rest.length === 0) return [];
  const counts = Map.groupBy(rest, ({ severity, code }) => `${severity} ${code}`);
  const texts = [...counts].map(([kind, groups]) => `${sumOf(groups)} of ${kind}`);
  return [`... and more: ${texts.join(", ")}`];
}

function sumOf(groups: readonly FindingGroup[]): number {
  return groups.reduce((sum, { others }) => sum + 1 + others.length, 0);
}

// One line for all findings, with the code of the most severe one.
function explainLine([first]: readonly Finding[]): string[] {
  return first === undefined || first.severity === "info"
    ? []
    : [`more about it: tidegate explain ${first.code}`];
}

// Breaking changes come first, followed by what to do about them.
function changeLines(changes: readonly Change[], breaking: readonly Finding[]): string[] {
  const [first, others] = [true, false].map((isBreaking) =>
    listOrCount(changes.filter(({ level }) => (level === "breaking") === isBreaking)),
  );
  return [
    ...(first ?? []),
    ...new Set(breaking.flatMap(({ hint }) => (hint === undefined ? [] : [`  ${hint}`]))),
    ...(others ?? []),
    ...publicLine(changes),
  ];
}

/** The changes as lines, one each; of more than ten, how many there are of each kind. */
function listOrCount(changes: readonly Change[]): readonly string[] {
  return changes.length > maxListed ? changeCounts(changes) : changes.map(changeLine);
}

/** How many changes of each kind there are, as lines: `+ 22 added`. */
function changeCounts(changes: readonly Change[]): readonly string[] {
  const groups = Map.groupBy(changes, ({ kind, level }) => (level === "safe" ? kind : `${kind} [${level}]`));
  return [...groups].flatMap(([title, [first, ...rest]]) =>
    first === undefined ? [] : [`${signs[first.kind]} ${1 + rest.length} ${title}`],
  );
}

// One line for all public endpoints, since many services have no rules at all.
function publicLine(changes: readonly Change[]): string[] {
  const open = changes.flatMap(({ label, detail }) => (detail?.endsWith(isPublic) ? [label] : []));
  if (open.length === 0) return [];
  const covers = `no rule covers ${open.length === 1 ? "it" : "them"}.`;
  if (open.length === changes.length)
    return [`${open.length === 1 ? "This is" : "All of these are"} public: ${covers}`];
  const names = open.slice(0, maxPublicNames).map((label) => `\`${label}\``);
  const more = open.length > names.length ? ` and ${open.length - names.length} more` : "";
  return [`${names.join(", ")}${more} ${open.length === 1 ? "is" : "are"} public: ${covers}`];
}

// The line of a breaking change says the same as the warning about it, except for the hint.
function repeatsChangeOf(changes: readonly Change[]): (finding: Finding) => boolean {
  const labels = new Set(changes.filter(({ level }) => level === "breaking").map(({ label }) => label));
  return ({ code, severity, found }) =>
    code === "CHANGE_BREAKING" && severity === "warning" && found !== undefined && labels.has(found);
}

/**
 * Formats a change as one line: `+ GET /players/:id`. The table names public endpoints in a line of their
 * own.
 */
export function changeLine({ kind, label, level, detail = "" }: Change): string {
  const levelText = level === "safe" ? "" : ` [${level}]`;
  const rest = detail.endsWith(isPublic) ? detail.slice(0, -isPublic.length).trimEnd() : detail;
  return `${signs[kind]} ${label}${levelText}${rest === "" ? "" : `: ${rest}`}`;
}

/**
 * Formats a finding as several lines: code and place, message, expected and found values, code frame, hint.
 */
export function findingLines(finding: Finding): string[] {
  const { severity, code, message, expected, found, frame, hint, requestId } = finding;
  return [
    `${severity} ${code} at ${placeOf(finding) || "the fragment"}`,
    ...message.split("\n").map((text) => `  ${text}`),
    ...(expected === undefined ? [] : [`  expected: ${expected}`]),
    ...(found === undefined || isShown(found, finding) ? [] : [`  found:    ${found}`]),
    ...(frame === undefined ? [] : frame.split("\n").map((text) => `    ${text}`)),
    ...(hint === undefined ? [] : [`  ${hint}`]),
    ...(requestId === undefined ? [] : [`  in request ${requestId}`]),
  ];
}

function placeOf({ jsonPath, line, column }: Finding): string {
  return line === undefined ? jsonPath : `${jsonPath}:${line}:${column ?? 1}`;
}

// If the next finding has the same code and the same hint, only that one shows the hint. The same for
// `expected`.
function withoutRepetition(finding: FindingGroup, index: number, all: readonly FindingGroup[]): FindingGroup {
  const next = all[index + 1];
  if (next?.code !== finding.code) return finding;
  const { hint, expected, ...rest } = finding;
  return {
    ...rest,
    ...(hint === undefined || hint === next.hint ? {} : { hint }),
    ...(expected === undefined || expected === next.expected ? {} : { expected }),
  };
}

/** Whether the message or the marked line of the code frame already shows the value that was found. */
function isShown(found: string, { message, frame }: Finding): boolean {
  const bare = found.replace(/^(["`])(.*)\1$/s, "$2");
  const marked = frame?.split("\n").find((line) => line.startsWith(">"));
  return message.includes(bare.length > 3 ? bare : `\`${bare}\``) || (marked?.includes(bare) ?? false);
}

// Names and texts come from services, and must not control the terminal that prints them.
function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]/gu, "\u{fffd}");
}

/** How many findings of a report show the lines of the fragment around their place. */
const maxFrames = 20;
/** How many findings a report has. The rest is counted. */
const maxFindings = 100;

const ranks: Record<Finding["severity"], number> = { error: 0, warning: 1, info: 2 };

/** Sorts findings: errors first, then warnings. */
export function bySeverity(one: Finding, other: Finding): number {
  return ranks[one.severity] - ranks[other.severity];
}

/** Sorts the findings of a fragment by severity, limits their number, and adds code frames and hints. */
export function completeFindings(findings: readonly Finding[], raw: unknown): readonly Finding[] {
  const sorted = findings.toSorted(bySeverity);
  const frames = framesOf(sorted.slice(0, maxFrames).filter(needsFrame), raw);
  const completed = sorted.slice(0, maxFindings).map((finding) => {
    const frame = frames.get(finding);
    return withHint(frame === undefined ? finding : { ...finding, frame });
  });
  const rest = sorted.slice(maxFindings);
  return [...completed, ...restFinding(rest)];
}

function framesOf(findings: readonly Finding[], raw: unknown): ReadonlyMap<Finding, string | undefined> {
  if (findings.length === 0) return new Map();
  const frames = jsonFrames(
    raw,
    findings.map(({ jsonPath }) => jsonPath),
  );
  return new Map(findings.map((finding, index) => [finding, frames[index]]));
}

function restFinding(rest: readonly Finding[]): Finding[] {
  const [worst] = rest;
  if (worst === undefined) return [];
  const codes = [...new Set(rest.map(({ code }) => code))].join(", ");
  const message = `There are ${rest.length} more findings (${codes}). Fix these first to see them.`;
  return [{ severity: worst.severity, code: "FINDINGS_MORE", jsonPath: "", message }];
}

/**
 * Completes a finding of a fragment that is served. Messages at runtime name the service and the place, for
 * the gateway's log. The report shows both, so the message only says `The function` or `it`.
 */
export function completeRuntimeFinding(
  finding: Finding,
  raw: unknown,
  { service }: Pick<Origin, "service">,
): Finding {
  const { jsonPath } = finding;
  const label = `${service} ${jsonPath}`;
  // A policy names a function by its own member.
  const memberThrew = `: ${service} ${parseJsonPath(jsonPath).at(-1) ?? ""} threw `;
  const message = finding.message.startsWith(`${label}: `)
    ? finding.message.slice(label.length + 2)
    : finding.message.startsWith(label)
      ? `The function${finding.message.slice(label.length)}`
      : finding.message.replace(memberThrew, ": it threw ");
  const short = { ...finding, message };
  return withHint(needsFrame(short) ? { ...short, frame: jsonFrame(raw, jsonPath) } : short);
}

// A message of several lines has a code frame already: it is the error of a function.
function needsFrame({ frame, jsonPath, severity, message }: Finding): boolean {
  return frame === undefined && jsonPath !== "" && severity !== "info" && !message.includes("\n");
}

/** What to do, by the code of the finding. A hint that the finding has itself comes first. */
const hints: Readonly<Record<string, string>> = {
  ACTION_UNPUBLISHED: "Publish the action, or map another one.",
  BATCHING_INVALID: "Remove `[]`: here each request is a separate call.",
  CAPABILITY_MISSING: "Remove it, or run the service on a broker that supports it.",
  FILTER_RESULT:
    "Return a boolean: `a === b` is one, `a && b` can be another value. Until then the rule denies.",
  FUNCTION_MEMORY: "Use less memory, or move the work into an action.",
  FUNCTION_OFF: "It exceeded its limits too often. The next change of the fragment enables it again.",
  FUNCTION_RESULT: "Return JSON data.",
  FUNCTION_THREW: "Only that request failed. Check for missing values: `response?.team?.name`.",
  FUNCTION_TIMEOUT: "Move slow work into an action. A function that times out repeatedly is disabled.",
  HEADER_DROPPED: "Remove it from `$headers`.",
  POLICY_OFF: "This gateway does not check the rule. Ask its operator if that is not intended.",
  REPLY_INVALID: "Fix the response of the action, or convert it in `map`.",
};

function withHint(finding: Finding): Finding {
  if (finding.hint !== undefined || !Object.hasOwn(hints, finding.code)) return finding;
  const hint = hints[finding.code];
  return hint === undefined ? finding : { ...finding, hint };
}
