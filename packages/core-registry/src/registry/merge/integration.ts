import type { Finding, IntegrationState } from "../../contracts/report.ts";
import { hash128 } from "../../runtime/fragment/canonical.ts";
import type { FragmentCheck } from "../claims/resolve-conflicts.ts";
import type { Candidate, View } from "../discovery/view.ts";
import type { Compilation, CompileResult, Integration } from "./types.ts";

/**
 * What became of the fragments of a branch's own services, the newest of each service first, for the services
 * that the merge can have changed.
 */
export function integrationsOf(view: View, result: CompileResult, check: FragmentCheck): Integration[] {
  return [...result.changedServices].sort().flatMap((service) =>
    view
      .candidates(service)
      .filter(({ fragment }) => fragment.branch === view.branch)
      .map((candidate, index) => integrationOf(candidate, index === 0, result, check, view)),
  );
}

function integrationOf(
  candidate: Candidate,
  isNewest: boolean,
  { compilation, waiting: allWaiting }: CompileResult,
  check: FragmentCheck,
  view: View,
): Integration {
  const { fragment, nodes } = candidate;
  const { service, hash } = fragment;
  const refusal = compilation.refused.get(service);
  const isRefused = refusal?.fragment.hash === hash;
  const isServed = compilation.chosen.get(service)?.hash === hash;
  const waiting = isServed ? (allWaiting.get(service) ?? []) : [];
  const findings = unique([
    ...fragment.findings,
    ...check(fragment),
    ...exposureFindings(candidate, view),
    ...(isRefused ? refusal.findings : []),
    ...(isServed ? (compilation.breakingFindings.get(service) ?? []) : []),
    ...waiting,
    ...pinFindings(candidate, compilation),
    ...(isNewest || isServed ? [] : [olderFinding(service)]),
  ]);
  const state = isServed ? (waiting.length > 0 ? "waiting" : "succeeded") : isRefused ? "failed" : "skipped";
  return { type: "merge", fragment, state, findings, nodes, outcome: outcomeOf(hash, state, findings) };
}

/** The fragments that were served before and that the branch does not show any more. */
export function removalsOf(view: View, previous: Pick<Compilation, "chosen"> | undefined): Integration[] {
  return [...(previous?.chosen.values() ?? [])]
    .filter(({ service }) => view.candidates(service).length === 0)
    .map((fragment) => ({
      type: "remove",
      fragment,
      state: "succeeded",
      findings: [],
      nodes: [],
      outcome: `removed ${fragment.hash}`,
    }));
}

function olderFinding(service: string): Finding {
  return {
    severity: "info",
    code: "FRAGMENT_OLDER",
    jsonPath: "",
    message: `Another node of \`${service}\` publishes a newer fragment, which is used instead.`,
  };
}

function pinFindings({ fragment: { service, hash } }: Candidate, { ledger }: Compilation): Finding[] {
  const pin = ledger.pins.get(service);
  if (pin === undefined || pin === hash) return [];
  return [
    {
      severity: "info",
      code: "FRAGMENT_PINNED",
      jsonPath: "",
      message: `An operator pinned the service \`${service}\` to the fragment ${pin.slice(0, 8)} (S9.4).`,
      hint: "Your fragment is used when the operator removes the pin.",
    },
  ];
}

// A node of a branch must be reached by callers of that branch only (S13.1).
function exposureFindings({ exposed }: Candidate, { branch }: View): Finding[] {
  if (exposed.length === 0) return [];
  return [
    {
      severity: "warning",
      code: "BRANCH_EXPOSED",
      jsonPath: "branch",
      message: `Calls and events of every branch reach these nodes of the branch ${branch}: ${exposed.join(", ")}.`,
      hint: "Use the mixin of the broker's package: it registers the service under a name of its own.",
    },
  ];
}

function unique(findings: readonly Finding[]): Finding[] {
  return [
    ...new Map(
      findings.map((finding) => [`${finding.code} ${finding.jsonPath} ${finding.message}`, finding]),
    ).values(),
  ];
}

/** The integration without some of its findings. */
export function withFindings(integration: Integration, findings: readonly Finding[]): Integration {
  const { fragment, state } = integration;
  return { ...integration, findings, outcome: outcomeOf(fragment.hash, state, findings) };
}

function outcomeOf(hash: string, state: IntegrationState, findings: readonly Finding[]): string {
  const found = findings.map(({ code, jsonPath, message }) => `${code} ${jsonPath} ${message}`);
  return hash128([hash, state, ...found].join("\n"));
}
