import type { Finding, IntegrationState } from "../../contracts/report.ts";
import { hash128 } from "../../runtime/fragment/canonical.ts";
import type { FragmentCheck } from "../claims/resolve-conflicts.ts";
import type { Candidate, View } from "../discovery/view.ts";
import { originText } from "../ledger/applied-pin.ts";
import type { Compilation, CompileResult, Integration } from "./types.ts";
import { unguardedFindings } from "./unguarded.ts";

/**
 * What became of the fragments of a branch's own services, the newest of each service first, for the services
 * that the merge can have changed.
 */
export function integrationsOf(view: View, result: CompileResult, check: FragmentCheck): Integration[] {
  return [...result.changedServices].sort().flatMap((service) => {
    const own = view.candidates(service).filter(({ fragment }) => fragment.branch === view.branch);
    return own.map((candidate) => integrationOf(candidate, own[0] ?? candidate, result, check, view));
  });
}

function integrationOf(
  candidate: Candidate,
  newest: Candidate,
  { compilation, waiting: allWaiting, table }: CompileResult,
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
    ...(isServed ? unguardedFindings(fragment, table) : []),
    ...waiting,
    ...pinFindings(candidate, compilation),
    ...(candidate === newest || isServed ? [] : [olderFinding(candidate, newest)]),
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

/**
 * Names the node whose fragment is used instead, since its clock can be wrong, or it can be another team's.
 */
function olderFinding({ fragment: { service }, revision }: Candidate, newest: Candidate): Finding {
  const node = newest.nodes[0] ?? "";
  const used = `node \`${node}\` publishes a newer fragment, ${newest.fragment.hash.slice(0, 8)}`;
  const revisions =
    newest.revision === revision
      ? `both have the revision ${revisionText(revision)}, and of equal revisions the larger hash is newer`
      : `its revision is ${revisionText(newest.revision)}, yours is ${revisionText(revision)}`;
  return {
    severity: "info",
    code: "FRAGMENT_OLDER",
    jsonPath: "",
    message: `Not used, since ${used}: ${revisions}.`,
    hint:
      `If yours is the newer build, the clock of \`${node}\` may be ahead: correct it, or set \`revision\`. ` +
      `If \`${node}\` is not yours, two teams use the service name \`${service}\`: rename one of the services.`,
  };
}

/** Revisions that are times in milliseconds lie between these: the years 2001 and 2286. */
const [firstTime, lastTime] = [1e12, 1e13];

function revisionText(revision: number): string {
  if (revision < firstTime || revision >= lastTime) return String(revision);
  return `${revision} (${new Date(revision).toISOString()})`;
}

function pinFindings({ fragment: { service, hash } }: Candidate, { ledger }: Compilation): Finding[] {
  const pin = ledger.pins.get(service);
  if (pin === undefined || pin === hash) return [];
  const origin = ledger.pinOrigins.get(service);
  return [
    {
      severity: "info",
      code: "FRAGMENT_PINNED",
      jsonPath: "",
      message:
        `An operator pinned the service \`${service}\` to the fragment ${pin.slice(0, 8)}` +
        `${origin === undefined ? "" : ` ${originText(origin)}`} (S9.4).`,
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
