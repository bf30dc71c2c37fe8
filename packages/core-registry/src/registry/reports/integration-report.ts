import type { Endpoint } from "../../contracts/endpoint.ts";
import type { Change, Finding, IntegrationState, Report } from "../../contracts/report.ts";
import { canonicalJson } from "../../runtime/fragment/canonical.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import { completeFindings, withTable } from "./table.ts";

/** The fragment that a report is about. */
export interface ReportedFragment {
  readonly service: string;
  readonly hash: string;
  /** The fragment as its service published it. */
  readonly raw: unknown;
  readonly endpoints: readonly Endpoint[];
}

/** The result of one attempt to merge or remove a fragment. */
export interface ReportedIntegration {
  readonly type: "merge" | "remove";
  readonly fragment: ReportedFragment;
  readonly state: IntegrationState;
  readonly findings: readonly Finding[];
}

/** A version that a branch serves or served. */
export interface ReportedVersion {
  readonly version: {
    readonly name: string;
    /** `waiting`: the keys of the claims that wait. */
    readonly fragments: readonly { readonly service: string; readonly waiting: readonly string[] }[];
  };
  /** The fragments that the version consists of, by service. */
  readonly chosen: ReadonlyMap<string, ReportedFragment>;
}

/** The parts of a merge that a report needs. */
export interface ReportedMerge {
  /** Undefined for the first merge of a branch. */
  readonly before: ReportedVersion | undefined;
  readonly after: ReportedVersion;
  /** The changes of all services that the merge touched. */
  readonly changes: readonly Change[];
}

const maxUrls = 5;
const operations = ["Query", "Mutation", "Subscription"];

/**
 * Creates the report on one integration (S10.1).
 *
 * @param isChange false: the report goes to a node that joined later, for which the merge changed nothing
 */
export function integrationReport(
  gateway: string,
  branch: string,
  merge: ReportedMerge,
  integration: ReportedIntegration,
  isChange = true,
): Report {
  const { type, fragment, findings } = integration;
  const { service, hash } = fragment;
  const state = isChange || integration.state !== "succeeded" ? integration.state : "skipped";
  // A fragment that is not used changes nothing, even if the merge changed the service otherwise.
  const isUsed = isChange && state !== "skipped" && state !== "failed";
  const changes = isUsed ? merge.changes.filter((change) => change.service === service) : [];
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
    findings: [
      ...completeFindings(findings, fragment.raw),
      ...(isDocumentationOnly(merge, integration) ? [documentationOnly] : []),
    ],
    console: [],
    urls: isServed(merge.after, integration) ? urlsOf(branch, merge.after, fragment, changes) : [],
  });
}

/** Whether a merge replaced only the documentation of a fragment (S1.4). */
export function isDocumentationOnly(
  { before, after }: ReportedMerge,
  { type, fragment }: ReportedIntegration,
): boolean {
  const known = before?.chosen.get(fragment.service);
  if (type === "remove" || known === undefined || known === fragment || known.hash !== fragment.hash)
    return false;
  if (after.chosen.get(fragment.service) !== fragment) return false;
  return canonicalJson(known.raw) !== canonicalJson(fragment.raw);
}

const documentationOnly: Finding = {
  severity: "info",
  code: "DOCUMENTATION_ONLY",
  jsonPath: "",
  message: "Only the documentation changed: the version stays the same, with the new descriptions.",
};

function isServed({ chosen }: ReportedVersion, { type, fragment }: ReportedIntegration): boolean {
  return type === "merge" && chosen.get(fragment.service)?.hash === fragment.hash;
}

// The endpoints that the merge changed come first, since their author wants to try them.
function urlsOf(
  branch: string,
  { version }: ReportedVersion,
  { service, endpoints }: ReportedFragment,
  changes: readonly Change[],
): string[] {
  const prefix = branch === masterBranch ? "" : `/~${branch}`;
  const waiting = new Set(version.fragments.find((one) => one.service === service)?.waiting);
  const changed = new Set(changes.map(({ label }) => label));
  const served = endpoints.filter(({ key }) => !waiting.has(key));
  const ranked = [
    ...served.filter(({ label }) => changed.has(label)),
    ...served.filter(({ label }) => !changed.has(label)),
  ];
  return [...new Set(ranked.flatMap((endpoint) => urlOf(endpoint, prefix) ?? []))].slice(0, maxUrls);
}

function urlOf({ http, websocket, graphql }: Endpoint, prefix: string): string | undefined {
  if (http !== undefined) return `${http.method} ${prefix}${http.path}`;
  if (websocket !== undefined) return `WS ${prefix}${websocket.path}`;
  if (graphql === undefined || !operations.includes(graphql.type)) return undefined;
  return `${prefix}/graphql ${graphql.type}.${graphql.field}`;
}
