import type { Finding, IntegrationState } from "../../contracts/report.ts";
import { hash128 } from "../../runtime/fragment/canonical.ts";
import type { Judge } from "../claims/resolve-conflicts.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { Candidate, View } from "../discovery/view.ts";
import type { Compilation, Compiling } from "./compile.ts";

/** One attempt to merge a fragment on one branch, or to take it out (S9, words page). */
export interface Integration {
  /** What was tried. */
  readonly type: "merge" | "remove";
  /** Which fragment. */
  readonly fragment: CompiledFragment;
  /** What became of it. */
  readonly state: IntegrationState;
  /** Everything that was found. */
  readonly findings: readonly Finding[];
  /** The nodes that publish it. */
  readonly nodes: readonly string[];
  /** Equal texts: nothing new happened to this fragment. */
  readonly outcome: string;
}

/**
 * What became of the fragments that a branch's own services publish, the newest of each service first: of those services
 * that the compilation touched.
 *
 * @param judge warnings that the services that are there now give cause for
 */
export function integrationsOf(view: View, compiling: Compiling, judge: Judge): Integration[] {
  return [...compiling.touched].sort().flatMap((service) =>
    view
      .candidates(service)
      .filter(({ fragment }) => fragment.branch === view.branch)
      .map((candidate, index) => integrationOf(candidate, index === 0, compiling, judge, view)),
  );
}

function integrationOf(
  candidate: Candidate,
  isNewest: boolean,
  { compilation, waiting: allWaiting }: Compiling,
  judge: Judge,
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
    ...judge(fragment),
    ...exposure(candidate, view),
    ...(isRefused ? refusal.findings : []),
    ...(isServed ? (compilation.broke.get(service) ?? []) : []),
    ...waiting,
    ...pinned(candidate, compilation),
    ...(isNewest || isServed ? [] : [older(service)]),
  ]);
  const state = isServed ? (waiting.length > 0 ? "waiting" : "succeeded") : isRefused ? "failed" : "skipped";
  return { type: "merge", fragment, state, findings, nodes, outcome: outcomeOf(hash, state, findings) };
}

/** What was taken out of a branch: services that were served and that it does not show any more. */
export function removalsOf(view: View, before: Pick<Compilation, "chosen"> | undefined): Integration[] {
  return [...(before?.chosen.values() ?? [])]
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

function older(service: string): Finding {
  return {
    severity: "info",
    code: "FRAGMENT_OLDER",
    jsonPath: "",
    message: `Another node of \`${service}\` publishes a newer fragment; that one is used.`,
  };
}

// S9.4: whatever else is published.
function pinned({ fragment: { service, hash } }: Candidate, { ledger }: Compilation): Finding[] {
  const pin = ledger.pins.get(service);
  if (pin === undefined || pin === hash) return [];
  return [
    {
      severity: "info",
      code: "FRAGMENT_PINNED",
      jsonPath: "",
      message: `The service \`${service}\` is held at the fragment ${pin.slice(0, 8)} by the gateway's people.`,
      hint: "It is used when they let it go.",
    },
  ];
}

// S13.1: a node of a branch is for that branch alone.
function exposure({ exposed }: Candidate, { branch }: View): Finding[] {
  if (exposed.length === 0) return [];
  return [
    {
      severity: "warning",
      code: "BRANCH_EXPOSED",
      jsonPath: "branch",
      message: `Services that call it by themselves reach this node of the branch ${branch} too: it takes its share of everybody's calls and events (${exposed.join(", ")}).`,
      hint: "Use the mixin of the broker's package, which registers it under a name of its own.",
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

function outcomeOf(hash: string, state: IntegrationState, findings: readonly Finding[]): string {
  const found = findings.map(({ code, jsonPath, message }) => `${code} ${jsonPath} ${message}`);
  // Remembered for every fragment and node, whatever the length of what was found.
  return hash128([hash, state, ...found].join("\n"));
}
