import type { Clock } from "../../contracts/clock.ts";
import type { Logger } from "../../contracts/logger.ts";
import type { Report } from "../../contracts/report.ts";
import { canonicalJson, hash128 } from "../../runtime/fragment/canonical.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { Branch, Merge } from "../branches/branch.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import { type Directory, ownOffers } from "../discovery/directory.ts";
import type { Integration } from "../merge/types.ts";
import {
  completedAll,
  completedRuntime,
  documentationAlone,
  integrationReport,
} from "./integration-report.ts";
import { createDelivery, createTold } from "./outbox.ts";
import type { Happenings } from "./runtime-reports.ts";
import { withTable } from "./table.ts";

export { integrationReport };

/** Of how many fragments of a service it is remembered what was told of them, whatever their nodes. */
const mostFragments = 32;

/** Tells the nodes what became of their fragments (S10.1). */
export interface Messenger {
  /** After a merge: tells each node what it has not been told yet. */
  merged(branch: string, merge: Merge): void;
  /** What happened while a fragment was served. */
  happened(happenings: Happenings): void;
  /** A fragment came whose branch cannot be told, so no branch merges it: its nodes are told what is wrong. */
  unplaced(fragment: CompiledFragment): void;
  /** Drops what waits to be told. */
  stop(): void;
}

/** What the messenger needs. */
export interface MessengerOptions {
  /** The gateway's name. */
  readonly gateway: string;
  /** For a report that nobody takes. */
  readonly logger: Logger;
  /** Time. */
  readonly clock: Clock;
  /** The directory as it is. */
  directory(): Directory;
  /** The branches as they are. */
  branches(): Iterable<Branch>;
  /** Hears every report. */
  reported(report: Report): void;
}

/** Remembers what each node was told, bounded. */
export function createMessenger(options: MessengerOptions): Messenger {
  const { gateway, logger, clock } = options;
  const told = createTold(clock);
  const toldOf = createTold(clock, mostFragments);
  const delivery = createDelivery(clock, logger);

  const send = (report: Report, nodes: readonly string[]): void => {
    options.reported(report);
    const service = options.directory().services.get(report.service);
    const offers = service === undefined ? [] : ownOffers(service);
    const wanted = new Set(nodes);
    const recipients = offers.filter((offer) => offer.state === "up" && wanted.has(offer.node.id));
    for (const { broker, node } of recipients) delivery.send(report, { broker, node: node.id });
    const action = `${report.service}.$report`;
    const isTaken = recipients.some(({ description }) =>
      description.actions.some(({ name }) => name === action),
    );
    const isWorthIt = report.findings.length > 0 || report.console.length > 0;
    if (!isTaken && isWorthIt && report.state !== "skipped" && recipients.length > 0)
      logger.info(`A service takes no reports. What its developer would read:\n${report.table}`);
  };

  const tell = (branch: string, merge: Merge, integration: Integration): void => {
    const { type, fragment, outcome, nodes } = integration;
    const topic = `${branch} ${fragment.service}`;
    if (type === "remove") {
      send(integrationReport(gateway, branch, merge, integration), told.listeners(topic));
      told.forget(topic);
      toldOf.forget(topic);
      return;
    }
    const isFirst = toldOf.isNews(topic, fragment.hash, outcome);
    const untold = nodes.filter((node) => told.isNews(topic, node, outcome));
    if (documentationAlone(merge, integration)) {
      const text = hash128(canonicalJson(fragment.raw));
      const readers = nodes.filter((node) => told.isNews(`${topic} documentation`, node, text));
      send(integrationReport(gateway, branch, merge, integration), [...new Set([...untold, ...readers])]);
    } else if (isFirst || untold.length > 0) {
      const isNews = isFirst || isReplacement(merge, integration);
      send(integrationReport(gateway, branch, merge, integration, isNews), untold);
    }
  };

  return {
    merged(branch, merge) {
      for (const integration of merge.integrations) tell(branch, merge, integration);
    },
    happened({ owner, findings, console }) {
      for (const branch of options.branches()) {
        const fragment = branch.served?.chosen.get(owner.service);
        if (fragment?.hash !== owner.hash || fragment.branch !== branch.name) continue;
        const report = withTable({
          contract: 1,
          gateway,
          service: owner.service,
          branch: branch.name,
          hash: owner.hash,
          occasion: "runtime",
          state: "succeeded",
          changes: [],
          findings: findings.map((finding) => completedRuntime(finding, fragment.raw, owner)),
          console,
          urls: [],
        });
        send(report, nodesOf(options.directory(), owner));
      }
    },
    unplaced(fragment) {
      const { service, hash, findings, raw } = fragment;
      const nodes = nodesOf(options.directory(), fragment).filter((node) => told.isNews(service, node, hash));
      if (nodes.length === 0) return;
      const report = withTable({
        contract: 1,
        gateway,
        service,
        branch: masterBranch,
        hash,
        occasion: "merge",
        state: "failed",
        changes: [],
        findings: completedAll(findings, raw),
        console: [],
        urls: [],
      });
      send(report, nodes);
    },
    stop: delivery.stop,
  };
}

// What was served before, and is again, is news as well.
function isReplacement({ before, after }: Merge, { fragment: { service, hash } }: Integration): boolean {
  return before?.chosen.get(service)?.hash !== hash && after.chosen.get(service)?.hash === hash;
}

function nodesOf(directory: Directory, { service, hash }: Happenings["owner"]): string[] {
  const offers = directory.services.get(service)?.offers ?? [];
  return offers.filter((offer) => offer.fragment?.hash === hash).map((offer) => offer.node.id);
}
