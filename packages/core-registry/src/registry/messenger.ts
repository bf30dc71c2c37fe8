import type { Broker } from "../contracts/broker.ts";
import type { Finding } from "../contracts/finding.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Report } from "../contracts/report.ts";
import { masterBranch } from "../fragment/fragment.ts";
import { jsonFrame } from "../fragment/json-frame.ts";
import type { Happenings } from "../reporting/runtime.ts";
import { reportTable } from "../reporting/table.ts";
import type { Branch, Merge } from "./branch.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import { type Directory, ownOffers } from "./directory.ts";
import type { Integration } from "./integration.ts";

/** Tells the nodes what became of their fragments (S10.1). */
export interface Messenger {
  /** After a merge: tells each node what it has not been told yet. */
  merged(branch: string, merge: Merge): void;
  /** What happened while a fragment was served. */
  happened(happenings: Happenings): void;
}

/** What the messenger needs. */
export interface MessengerOptions {
  /** The gateway's name. */
  readonly gateway: string;
  /** For a report that nobody took. */
  readonly logger: Logger;
  /** The directory as it is. */
  directory(): Directory;
  /** The branches as they are. */
  branches(): Iterable<Branch>;
  /** Hears every report. */
  reported(report: Report): void;
}

const mostUrls = 5;
const mostTold = 20_000;

/** Remembers what each node was told, bounded. */
export function createMessenger(options: MessengerOptions): Messenger {
  const told = new Map<string, string>();

  const isNew = (key: string, outcome: string): boolean => {
    if (told.get(key) === outcome) return false;
    told.delete(key);
    told.set(key, outcome);
    for (const oldest of told.keys()) {
      if (told.size <= mostTold) break;
      told.delete(oldest);
    }
    return true;
  };

  const send = (report: Report, nodes: readonly string[]): void => {
    options.reported(report);
    const service = options.directory().services.get(report.service);
    for (const offer of service === undefined ? [] : ownOffers(service)) {
      if (offer.state === "up" && nodes.includes(offer.node.id))
        deliver(offer.broker, offer.node.id, report, options.logger);
    }
  };

  return {
    merged(branch, merge) {
      for (const integration of merge.integrations) {
        const { service, hash } = integration.fragment;
        const key = `${branch} ${service}`;
        const isNews = isNew(`${key} ${hash}`, integration.outcome);
        const nodes = integration.nodes.filter((node) => isNew(`${key} ${node}`, integration.outcome));
        if (integration.type === "remove")
          for (const entry of told.keys()) if (entry.startsWith(`${key} `)) told.delete(entry);
        if (!isNews && nodes.length === 0) continue;
        send(
          integrationReport(options.gateway, branch, merge, integration, isNews),
          isNews ? integration.nodes : nodes,
        );
      }
    },
    happened({ owner, findings, console }) {
      for (const branch of options.branches()) {
        const fragment = branch.compilation?.chosen.get(owner.service);
        if (fragment?.hash !== owner.hash || fragment.branch !== branch.name) continue;
        const report = withTable({
          contract: 1,
          gateway: options.gateway,
          service: owner.service,
          branch: branch.name,
          hash: owner.hash,
          occasion: "runtime",
          state: "succeeded",
          changes: [],
          findings,
          console,
          urls: [],
        });
        send(report, nodesOf(options.directory(), fragment));
      }
    },
  };
}

/** The report of one integration. */
export function integrationReport(
  gateway: string,
  branch: string,
  merge: Merge,
  integration: Integration,
  isNews = true,
): Report {
  const { type, fragment } = integration;
  const { service, hash } = fragment;
  const state = isNews || integration.state !== "succeeded" ? integration.state : "skipped";
  // A fragment that is not used changes nothing, whatever else the same merge changed.
  const changes =
    isNews && state !== "skipped" ? merge.changes.filter((change) => change.service === service) : [];
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
    findings: integration.findings.map((finding) => framed(finding, fragment)),
    console: [],
    urls: type === "remove" || state === "failed" ? [] : urlsOf(branch, merge, service),
  });
}

function urlsOf(branch: string, merge: Merge, service: string): string[] {
  const prefix = branch === masterBranch ? "" : `/~${branch}`;
  return merge.after.version.endpoints
    .filter(({ origin }) => origin.service === service)
    .flatMap(({ http }) => (http === undefined ? [] : [`${http.method} ${prefix}${http.path}`]))
    .slice(0, mostUrls);
}

function framed(finding: Finding, { raw }: CompiledFragment): Finding {
  const needsNone = finding.frame !== undefined || finding.jsonPath === "" || finding.severity === "info";
  return needsNone ? finding : { ...finding, frame: jsonFrame(raw, finding.jsonPath) };
}

function withTable(report: Omit<Report, "table">): Report {
  return { ...report, table: reportTable(report) };
}

function nodesOf(directory: Directory, fragment: CompiledFragment): string[] {
  const offers = directory.services.get(fragment.service)?.offers ?? [];
  return offers.filter((offer) => offer.fragment?.hash === fragment.hash).map((offer) => offer.node.id);
}

function deliver(broker: Broker, node: string, report: Report, logger: Logger): void {
  broker.report?.(report.service, node, report).catch((error: unknown) => {
    logger.debug(`Node ${node} did not take the report for ${report.service}.`, error);
  });
}
