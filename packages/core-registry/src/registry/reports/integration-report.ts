import type { Endpoint } from "../../contracts/endpoint.ts";
import type { Change, Finding, IntegrationState, Report } from "../../contracts/report.ts";
import type { Listening } from "../../contracts/server.ts";
import { canonicalJson } from "../../runtime/fragment/canonical.ts";
import { completeFindings, withTable } from "./table.ts";
import { originOf, urlsOf } from "./urls.ts";

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

/** The gateway that sends a report. */
export interface ReportSender {
  readonly gateway: string;
  /** The open listeners, for the URLs to try. */
  listening(): readonly Listening[];
}

/**
 * Creates the report on one integration (S10.1).
 *
 * @param isChange false: the report goes to a node that joined later, for which the merge changed nothing
 */
export function integrationReport(
  { gateway, listening }: ReportSender,
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
    urls: isServed(merge.after, integration) ? urlsOn(listening(), branch, merge, fragment, changes) : [],
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

function urlsOn(
  listening: readonly Listening[],
  branch: string,
  { after }: ReportedMerge,
  { service, endpoints }: ReportedFragment,
  changes: readonly Change[],
): string[] {
  const waiting = after.version.fragments.find((one) => one.service === service)?.waiting ?? [];
  return urlsOf({ branch, endpoints, waiting, changes }, originOf(listening));
}
