import type { Finding, Origin } from "../../contracts/report.ts";
import { jsonFrame, jsonFrames, keysOf } from "../../runtime/fragment/frames.ts";

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
  const memberThrew = `: ${service} ${keysOf(jsonPath).at(-1) ?? ""} threw `;
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
  POLICY_FAILED: "A rule that fails denies access. Fix it, and publish the fragment again.",
  POLICY_OFF: "This gateway does not check the rule. Ask its operator if that is not intended.",
  REPLY_INVALID: "Fix the response of the action, or convert it in `map`.",
};

function withHint(finding: Finding): Finding {
  if (finding.hint !== undefined || !Object.hasOwn(hints, finding.code)) return finding;
  const hint = hints[finding.code];
  return hint === undefined ? finding : { ...finding, hint };
}
