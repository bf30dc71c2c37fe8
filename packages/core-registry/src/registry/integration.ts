import type { Finding } from "../contracts/finding.ts";
import type { IntegrationState } from "../contracts/report.ts";
import type { Compilation } from "./compile.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import type { Candidate, View } from "./view.ts";

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
 * What became of every fragment that a branch's own services publish, the newest of each service first.
 *
 * @param judge warnings that the services that are there now give cause for
 */
export function integrationsOf(
  view: View,
  compilation: Compilation,
  judge: (fragment: CompiledFragment) => readonly Finding[],
): Integration[] {
  return [...view.services.values()].flatMap(({ candidates }) =>
    candidates
      .filter(({ fragment }) => fragment.branch === view.branch)
      .map((candidate, index) => integrationOf(candidate, index === 0, compilation, judge)),
  );
}

function integrationOf(
  { fragment, nodes }: Candidate,
  isNewest: boolean,
  compilation: Compilation,
  judge: (fragment: CompiledFragment) => readonly Finding[],
): Integration {
  const { service, hash } = fragment;
  const refusal = compilation.refused.get(service);
  const isRefused = refusal?.fragment.hash === hash;
  const isServed = compilation.chosen.get(service)?.hash === hash;
  const waiting = isServed ? (compilation.waiting.get(service) ?? []) : [];
  const findings = unique([
    ...fragment.findings,
    ...judge(fragment),
    ...(isRefused ? refusal.findings : []),
    ...waiting,
    ...(isNewest || isServed ? [] : [older(service)]),
  ]);
  const state = isServed ? (waiting.length > 0 ? "waiting" : "succeeded") : isRefused ? "failed" : "skipped";
  return { type: "merge", fragment, state, findings, nodes, outcome: outcomeOf(hash, state, findings) };
}

/** What was taken out of a branch: services that were served and that it does not show any more. */
export function removalsOf(view: View, before: Compilation | undefined): Integration[] {
  return [...(before?.chosen.values() ?? [])]
    .filter(({ service }) => !view.services.has(service))
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

function unique(findings: readonly Finding[]): Finding[] {
  return [
    ...new Map(
      findings.map((finding) => [`${finding.code} ${finding.jsonPath} ${finding.message}`, finding]),
    ).values(),
  ];
}

function outcomeOf(hash: string, state: IntegrationState, findings: readonly Finding[]): string {
  return [
    hash,
    state,
    ...findings.map(({ code, jsonPath, message }) => `${code} ${jsonPath} ${message}`),
  ].join("\n");
}
