import type { Endpoint } from "../../contracts/protocol.ts";
import type { Change, Finding, IntegrationState, Origin, Report } from "../../contracts/report.ts";
import { canonicalJson } from "../../runtime/fragment/canonical.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import { jsonFrame, jsonFrames, parseJsonPath } from "../../runtime/fragment/frames.ts";
import { hinted, withTable } from "./table.ts";

/** What is said of a fragment. */
export interface ReportedFragment {
  /** The service. */
  readonly service: string;
  /** 32 hex digits. */
  readonly hash: string;
  /** As it was published. */
  readonly raw: unknown;
  /** What it offers. */
  readonly endpoints: readonly Endpoint[];
}

/** What became of one fragment. */
export interface ReportedIntegration {
  /** What was tried. */
  readonly type: "merge" | "remove";
  /** Which fragment. */
  readonly fragment: ReportedFragment;
  /** What became of it. */
  readonly state: IntegrationState;
  /** Everything that was found. */
  readonly findings: readonly Finding[];
}

/** What a branch served at one time. */
export interface ReportedSide {
  /** Its name, and what waits in it. */
  readonly version: {
    readonly name: string;
    readonly fragments: readonly { readonly service: string; readonly waiting: readonly string[] }[];
  };
  /** The fragments by service. */
  readonly chosen: ReadonlyMap<string, ReportedFragment>;
}

/** One merge, as far as a report needs it. */
export interface ReportedMerge {
  /** Before; undefined for the first. */
  readonly before: ReportedSide | undefined;
  /** After. */
  readonly after: ReportedSide;
  /** What differs, of all services. */
  readonly changes: readonly Change[];
}

const mostUrls = 5;
const operations = ["Query", "Mutation", "Subscription"];

/**
 * The report of one integration (S10.1).
 *
 * @param isNews whether the merge is told to those who made it; else to a node that joined later: for it nothing changed
 */
export function integrationReport(
  gateway: string,
  branch: string,
  merge: ReportedMerge,
  integration: ReportedIntegration,
  isNews = true,
): Report {
  const { type, fragment, state: reached, findings } = integration;
  const { service, hash } = fragment;
  const state = isNews || reached !== "succeeded" ? reached : "skipped";
  // A fragment that is not used changes nothing, whatever else the same merge changed.
  const isUsed = isNews && state !== "skipped" && state !== "failed";
  const changes = isUsed ? merge.changes.filter((change) => change.service === service) : [];
  const redocumented = documentationAlone(merge, integration) ? [documented] : [];
  const from = merge.before?.version.name;
  return withTable({
    contract: 1,
    gateway,
    service,
    branch,
    hash,
    occasion: type,
    state,
    ...(from === undefined ? {} : { from }),
    to: merge.after.version.name,
    changes,
    findings: [...completedAll(findings, fragment.raw), ...redocumented],
    console: [],
    urls: isServed(merge.after, integration) ? urlsOf(branch, merge, fragment, changes) : [],
  });
}

/** Whether a merge replaced what documents a fragment, and nothing else of it (S1.4). */
export function documentationAlone(
  { before, after }: ReportedMerge,
  { type, fragment }: ReportedIntegration,
): boolean {
  const known = before?.chosen.get(fragment.service);
  if (type === "remove" || known === undefined || known === fragment || known.hash !== fragment.hash)
    return false;
  if (after.chosen.get(fragment.service) !== fragment) return false;
  return canonicalJson(known.raw) !== canonicalJson(fragment.raw);
}

const documented: Finding = {
  severity: "info",
  code: "DOCUMENTATION_ONLY",
  jsonPath: "",
  message: "Documentation only: the version stays as it is, and shows the new descriptions.",
};

function isServed({ chosen }: ReportedSide, { type, fragment }: ReportedIntegration): boolean {
  return type === "merge" && chosen.get(fragment.service)?.hash === fragment.hash;
}

// What the merge brought stands first: that is what its author wants to try.
function urlsOf(
  branch: string,
  { after }: ReportedMerge,
  { service, endpoints }: ReportedFragment,
  changes: readonly Change[],
): string[] {
  const prefix = branch === masterBranch ? "" : `/~${branch}`;
  const waiting = new Set(after.version.fragments.find((one) => one.service === service)?.waiting);
  const changed = new Set(changes.map(({ label }) => label));
  const served = endpoints.filter(({ key }) => !waiting.has(key));
  const ranked = [
    ...served.filter(({ label }) => changed.has(label)),
    ...served.filter(({ label }) => !changed.has(label)),
  ];
  return [...new Set(ranked.flatMap((endpoint) => urlOf(endpoint, prefix) ?? []))].slice(0, mostUrls);
}

function urlOf({ http, websocket, graphql }: Endpoint, prefix: string): string | undefined {
  if (http !== undefined) return `${http.method} ${prefix}${http.path}`;
  if (websocket !== undefined) return `WS ${prefix}${websocket.path}`;
  if (graphql === undefined || !operations.includes(graphql.type)) return undefined;
  return `${prefix}/graphql ${graphql.type}.${graphql.field}`;
}

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
  const own = `: ${service} ${parseJsonPath(jsonPath).at(-1) ?? ""} threw `;
  const message = finding.message.startsWith(`${label}: `)
    ? finding.message.slice(label.length + 2)
    : finding.message.startsWith(label)
      ? `The function${finding.message.slice(label.length)}`
      : finding.message.replace(own, ": it threw ");
  return completed({ ...finding, message }, raw);
}
