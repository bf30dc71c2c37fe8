import { stripVTControlCharacters } from "node:util";
import type { Change, Finding, Report } from "../../contracts/report.ts";
import { isPublic } from "../difference/access.ts";

const signs: Record<Change["kind"], string> = { added: "+", removed: "-", changed: "~" };
const words: Record<Report["state"], string> = {
  waiting: "is served in part, the rest waits",
  succeeded: "is served",
  failed: "was refused; what is served stays as it is",
  skipped: "changes nothing",
};
const weights: Record<Finding["severity"], number> = { error: 0, warning: 1, info: 2 };
/** How many changes a table shows; the report has all of them. */
const mostChanges = 40;

/** A report with its own text. */
export function withTable(report: Omit<Report, "table">): Report {
  return { ...report, table: reportTable(report) };
}

/**
 * A report as text for a terminal, without colour: what became of the fragment; what is wrong, the worst first, with place,
 * expected and found, code frame and what to do; what its functions wrote; what changed; where to try it (S10.1).
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
  const fragment = hash === undefined ? "its fragment" : `fragment ${hash.slice(0, 8)}`;
  if (occasion === "runtime") return `${service} on ${branch}: ${fragment}, while it was served`;
  return `${service} on ${branch}: ${fragment} ${occasion === "remove" ? "is no longer served" : words[state]}${versionText(report)}`;
}

function versionText({ from, to }: Omit<Report, "table">): string {
  if (to === undefined) return "";
  return from === to || from === undefined ? ` (version ${to})` : ` (version ${from} -> ${to})`;
}

function sections(report: Omit<Report, "table">): string[][] {
  const isShown = breakingShownBy(report.changes);
  const findings = report.findings
    .filter((finding) => !isShown(finding))
    .toSorted((one, other) => weights[one.severity] - weights[other.severity]);
  return [
    ...findings.map(withoutRepeats).map(findingLines),
    report.console.map(({ level, jsonPath, text }) => `console.${level} ${jsonPath}: ${text}`),
    changeLines(report.changes, report.findings.filter(isShown)),
    report.urls.length === 0 ? [] : [`try it: ${report.urls.join("  ")}`],
  ];
}

// What breaks clients stands first, and below it what to do about it.
function changeLines(changes: readonly Change[], breaking: readonly Finding[]): string[] {
  const shown = changes.slice(0, mostChanges);
  const lines = (isBreaking: boolean): string[] =>
    shown.filter(({ level }) => (level === "breaking") === isBreaking).map(changeLine);
  return [
    ...lines(true),
    ...new Set(breaking.flatMap(({ hint }) => (hint === undefined ? [] : [`  ${hint}`]))),
    ...lines(false),
    ...(shown.length < changes.length ? [`... and ${changes.length - shown.length} more`] : []),
    ...publicLine(changes),
  ];
}

/** How many public things a table names, where not everything is. */
const mostNames = 5;

// Many services have no rules at all: said once it is read, said of each line it is not.
function publicLine(changes: readonly Change[]): string[] {
  const open = changes.flatMap(({ label, detail }) => (detail?.endsWith(isPublic) ? [label] : []));
  if (open.length === 0) return [];
  const isOne = open.length === 1;
  const names = open.slice(0, mostNames).map((label) => `\`${label}\``);
  const more = open.length - names.length;
  const which =
    open.length < changes.length
      ? `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""} ${isOne ? "is" : "are"}`
      : isOne
        ? "This is"
        : "All of these are";
  return [`${which} public: no rule covers ${isOne ? "it" : "them"}.`];
}

// A warning of a breaking change says what the change's own line says: only what to do about it is left to say.
function breakingShownBy(changes: readonly Change[]): (finding: Finding) => boolean {
  const labels = new Set(changes.filter(({ level }) => level === "breaking").map(({ label }) => label));
  return ({ code, severity, found }) =>
    code === "CHANGE_BREAKING" && severity === "warning" && found !== undefined && labels.has(found);
}

/** A change on one line: `+ GET /players/:id`. That it is public is left to be said of all of them together. */
export function changeLine({ kind, label, level, detail = "" }: Change): string {
  const weight = level === "safe" ? "" : ` [${level}]`;
  const rest = detail.endsWith(isPublic) ? detail.slice(0, -isPublic.length).trimEnd() : detail;
  return `${signs[kind]} ${label}${weight}${rest === "" ? "" : `: ${rest}`}`;
}

/** A finding on several lines: what, where, expected and found, the code around, what to do. */
export function findingLines(finding: Finding): string[] {
  const { severity, code, jsonPath, message, expected, found, line, column, frame, hint } = finding;
  const place = line === undefined ? jsonPath : `${jsonPath}:${line}:${column ?? 1}`;
  return [
    `${severity} ${code} at ${place === "" ? "the fragment" : place}`,
    ...message.split("\n").map((text) => `  ${text}`),
    ...(expected === undefined ? [] : [`  expected: ${expected}`]),
    ...(found === undefined || isSaid(found, finding) ? [] : [`  found:    ${found}`]),
    ...(frame === undefined ? [] : frame.split("\n").map((text) => `    ${text}`)),
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ];
}

// What fits several findings in a row is said once, with the last of them.
function withoutRepeats(finding: Finding, index: number, all: readonly Finding[]): Finding {
  const next = all[index + 1];
  if (next?.code !== finding.code) return finding;
  const { hint, expected, ...rest } = finding;
  return {
    ...rest,
    ...(hint === undefined || hint === next.hint ? {} : { hint }),
    ...(expected === undefined || expected === next.expected ? {} : { expected }),
  };
}

// What the message names, or the frame's marked line shows, is not said twice.
function isSaid(found: string, { message, frame }: Finding): boolean {
  const bare = found.replace(/^(["`])(.*)\1$/s, "$2");
  const marked = frame?.split("\n").find((line) => line.startsWith(">"));
  return message.includes(bare.length > 3 ? bare : `\`${bare}\``) || (marked?.includes(bare) ?? false);
}

// Names and texts come from outside: none may steer the terminal that shows them.
function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]/gu, "\u{fffd}");
}

/** What to do about findings whose finder says nothing of it: where one answer fits all of a kind. */
const hints: Readonly<Record<string, string>> = {
  ACTION_UNPUBLISHED: "Publish the action, or map another one.",
  BATCHING_INVALID: "Leave `[]` out: here each request is a call of its own.",
  CAPABILITY_MISSING: "Take it out, or offer the service through a broker that can.",
  FILTER_RESULT: "Compare: `a === b` is a boolean, `a && b` need not be one. Until then nobody passes.",
  FUNCTION_MEMORY: "Give it less to hold. What needs much belongs into an action.",
  FUNCTION_OFF:
    "It broke its limits too often. It is switched on again with the next change of the fragment.",
  FUNCTION_RESULT: "Return data: what JSON can say.",
  FUNCTION_THREW: "Only that request failed. Look before you read: `response?.team?.name`.",
  FUNCTION_TIMEOUT:
    "What takes long belongs into an action. A function that does it again and again is switched off.",
  HEADER_DROPPED: "Leave it out of `$headers`.",
  POLICY_FAILED: "A rule that fails denies. Mend it, and publish the fragment again.",
  POLICY_OFF: "Everybody passes this rule here: ask whoever runs the gateway, if that is not meant.",
  REPLY_INVALID: "Mend what the action answers, or make it fit in `map`.",
};

/** A finding with what to do about it, where that is known. */
export function hinted(finding: Finding): Finding {
  if (finding.hint !== undefined || !Object.hasOwn(hints, finding.code)) return finding;
  const hint = hints[finding.code];
  return hint === undefined ? finding : { ...finding, hint };
}
