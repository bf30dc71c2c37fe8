import type { Finding } from "../contracts/finding.ts";

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
