import type { Finding, Origin } from "../contracts/finding.ts";
import { jsonFrame, keysOf } from "../fragment/json-frame.ts";
import { hinted } from "./hints.ts";

/** A finding with the lines of the fragment around its place and what to do, where its finder left them out. */
export function completed(finding: Finding, raw: unknown): Finding {
  const { frame, jsonPath, severity, message } = finding;
  // A function's own error shows the place in its text.
  const needsNone = frame !== undefined || jsonPath === "" || severity === "info" || message.includes("\n");
  return hinted(needsNone ? finding : { ...finding, frame: jsonFrame(raw, jsonPath) });
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
