import type { Finding } from "../../contracts/report.ts";
import type { PolicyGate } from "../../runtime/connectors/policy-gate.ts";
import type { ReachedNames } from "../../runtime/connectors/reached-names.ts";
import { ruleFindings } from "../../runtime/connectors/rule-findings.ts";
import { type FragmentPlugins, isFaulty, type ReadFragment } from "../../runtime/fragment/read.ts";
import { isObject } from "../../runtime/values.ts";

/** A fragment whose rules and parts are compiled. */
export interface RulesInput {
  readonly read: ReadFragment;
  /** The fragment as its service published it. */
  readonly raw: unknown;
  readonly service: string;
  readonly gate: PolicyGate;
  /** What the compiled connectors reach. */
  readonly reached: ReachedNames;
  /** All findings so far. */
  readonly findings: readonly Finding[];
}

/**
 * Finds the rules that mean nothing (S1.2). A part with an error can have connectors that were not compiled:
 * then what its text names counts too. Nothing is known of a part whose protocol the gateway does not have.
 */
export function meaninglessRules(
  { read, raw, service, gate, reached, findings }: RulesInput,
  { policies, disabledPolicies }: FragmentPlugins,
): Finding[] {
  if (gate.rules.length === 0) return [];
  const protocol = isObject(raw) ? raw.protocol : undefined;
  const isKnown = isObject(protocol) && Object.keys(protocol).every((key) => read.parts.has(key));
  if (isFaulty(findings)) reached.addFromText(protocol);
  const conditions = [...policies, ...disabledPolicies].flatMap(({ members }) => members);
  const found = ruleFindings({
    gate,
    service,
    reached: isKnown || protocol === undefined ? reached : undefined,
    conditions,
  });
  return found.map((finding) => ({
    ...finding,
    jsonPath: read.policy?.originalPath(finding.jsonPath) ?? finding.jsonPath,
  }));
}
