import type { Change } from "../contracts/change.ts";
import type { Finding } from "../contracts/finding.ts";
import type { CompiledVersion } from "../difference/compiled-version.ts";

/**
 * What to tell of changes that break clients, by the service whose new fragment made them: compared with the fragment that
 * the service was accepted with before. A service that went has nobody to be told.
 */
export function breakingFindings(
  before: CompiledVersion,
  after: Pick<CompiledVersion, "chosen"> & { readonly changes: readonly Change[] },
  severity: "error" | "warning",
): ReadonlyMap<string, readonly Finding[]> {
  const findings = new Map<string, Finding[]>();
  for (const { level, service, label, kind, detail } of after.changes) {
    if (level !== "breaking" || service === undefined) continue;
    const [old, young] = [before.chosen.get(service), after.chosen.get(service)];
    if (old === undefined || young === undefined || old.hash === young.hash) continue;
    const told = findings.get(service) ?? [];
    findings.set(service, told);
    told.push({
      severity,
      code: "CHANGE_BREAKING",
      jsonPath: "",
      message: `\`${label}\` was ${kind}, which breaks its clients.${detail === undefined ? "" : ` ${detail}`}`,
      found: label,
      hint:
        severity === "error"
          ? "This branch refuses breaking changes (`schema.guard`). Keep it beside the new one, or change it on another branch."
          : "Keep it beside the new one, marked as deprecated, until nobody uses it.",
    });
  }
  return findings;
}
