import type { Finding, Origin } from "../contracts/finding.ts";
import { jsonFrame, jsonFrames, keysOf } from "../fragment/json-frame.ts";
import { hinted } from "./hints.ts";

/** Of how many findings a report shows the place: the others say it by their path. */
const mostFrames = 20;
/** How many findings a report has at the most; the rest is counted. */
const mostFindings = 100;

const weights: Record<Finding["severity"], number> = { error: 0, warning: 1, info: 2 };

/** The findings of one report, completed: the worst first, and bounded, for a fragment may have thousands. */
export function completedAll(findings: readonly Finding[], raw: unknown): readonly Finding[] {
  const sorted = findings.toSorted((one, other) => weights[one.severity] - weights[other.severity]);
  const first = sorted.slice(0, mostFrames).filter(needsFrame);
  const frames =
    first.length === 0
      ? []
      : jsonFrames(
          raw,
          first.map(({ jsonPath }) => jsonPath),
        );
  const framed = new Map(first.map((finding, index) => [finding, frames[index]]));
  const told = sorted.slice(0, mostFindings).map((finding) => {
    const frame = framed.get(finding);
    return hinted(frame === undefined ? finding : { ...finding, frame });
  });
  const rest = sorted.slice(mostFindings);
  const [worst] = rest;
  if (worst === undefined) return told;
  const codes = [...new Set(rest.map(({ code }) => code))].join(", ");
  const message = `There are ${rest.length} more findings (${codes}). They are told when these are mended.`;
  return [...told, { severity: worst.severity, code: "FINDINGS_MORE", jsonPath: "", message }];
}

/** A finding with the lines of the fragment around its place and what to do, where its finder left them out. */
export function completed(finding: Finding, raw: unknown): Finding {
  return hinted(needsFrame(finding) ? { ...finding, frame: jsonFrame(raw, finding.jsonPath) } : finding);
}

// A function's own error shows the place in its text.
function needsFrame({ frame, jsonPath, severity, message }: Finding): boolean {
  return frame === undefined && jsonPath !== "" && severity !== "info" && !message.includes("\n");
}

/** The same for what happened while the fragment was served: functions name themselves in full, for the gateway's log. */
export function completedRuntime(
  finding: Finding,
  raw: unknown,
  { service }: Pick<Origin, "service">,
): Finding {
  const { jsonPath } = finding;
  const label = `${service} ${jsonPath}`;
  // A policy names a function by its own member.
  const own = `: ${service} ${keysOf(jsonPath).at(-1) ?? ""} threw `;
  const message = finding.message.startsWith(`${label}: `)
    ? finding.message.slice(label.length + 2)
    : finding.message.startsWith(label)
      ? `The function${finding.message.slice(label.length)}`
      : finding.message.replace(own, ": it threw ");
  return completed({ ...finding, message }, raw);
}
