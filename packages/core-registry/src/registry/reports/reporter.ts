import type { Clock } from "../../contracts/clock.ts";
import type { DirectorySnapshot } from "../../contracts/directory.ts";
import type { Logger } from "../../contracts/logger.ts";
import type { Finding, Report } from "../../contracts/report.ts";
import { canonicalJson, hash128 } from "../../runtime/fragment/canonical.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { Branch, Merge } from "../branches/branch.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import { type Directory, effectiveOffers, type Offer } from "../discovery/directory.ts";
import { type AppliedPin, pinFinding } from "../ledger/applied-pin.ts";
import { withFindings } from "../merge/integration.ts";
import type { Integration } from "../merge/types.ts";
import { createGrace } from "./grace.ts";
import {
  integrationReport,
  isDocumentationOnly,
  type ReportedMerge,
  type ReportSender,
} from "./integration-report.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import type { RuntimeEvents, RuntimeOwner } from "./runtime-reports.ts";
import { completeFindings, completeRuntimeFinding, withTable } from "./table.ts";

/** Creates the reports on fragments, and sends them to the nodes that published the fragments (S10.1). */
export interface Reporter {
  /** Reports a merge to each node for which it changed something. */
  merged(branch: string, merge: Merge): void;
  /** Reports a pin to the nodes of each service of which something else is served now. */
  pinned(pin: AppliedPin, merge: ReportedMerge): void;
  /** Reports the runtime events of a fragment that is served. */
  runtimeEvents(events: RuntimeEvents): void;
  /** Reports a fragment whose branch name is invalid, so that no branch merges it. */
  invalidBranch(fragment: CompiledFragment): void;
  /** Drops all waiting reports, and cancels the timers. */
  stop(): void;
}

/** The parts of the registry that `createReporter` uses. */
export interface ReporterOptions extends ReportSender {
  /** Receives the reports on services without a `$report` action. */
  readonly logger: Logger;
  readonly clock: Clock;
  directory(): Directory;
  branches(): Iterable<Branch>;
  /** Called with every report, whether a node receives it or not. */
  onReport(report: Report): void;
}

/** Creates a reporter that has sent nothing yet. */
export function createReporter(options: ReporterOptions): Reporter {
  const { gateway } = options;
  const outbox = createOutbox(options.clock, options.logger);

  const send = (report: Report, nodes: readonly string[]): void => {
    options.onReport(report);
    const recipients = recipientsOf(options.directory(), report.service, nodes);
    for (const { broker, node } of recipients) outbox.send(report, { broker, node: node.id });
    if (needsLog(report, recipients))
      options.logger.info(
        `Service ${report.service} has no \`$report\` action. Its report:\n${report.table}`,
      );
  };

  const grace = createGrace(options.clock, (branch, merge, integrations) => {
    const known = findBranch(options, branch);
    for (const integration of integrations) {
      const current = withPinnedBranch(withoutFoundActions(integration, known?.snapshot), known);
      const prepared = prepareReport(options, branch, merge, current, outbox);
      if (prepared !== undefined) send(prepared.report, prepared.nodes);
    }
  });

  return {
    merged(branch, merge) {
      const byService = Map.groupBy(merge.integrations, ({ fragment }) => fragment.service);
      for (const integrations of byService.values()) grace.add(branch, merge, integrations);
    },
    pinned(pin, merge) {
      for (const service of changedFragments(merge)) {
        const report = pinReport(gateway, pin, merge, service);
        send(report, nodesOnBranch(options.directory(), service, pin.target.branch));
      }
    },
    runtimeEvents(events) {
      for (const { name, served } of options.branches()) {
        const fragment = served?.chosen.get(events.owner.service);
        if (fragment?.hash !== events.owner.hash || fragment.branch !== name) continue;
        const nodes = publishersOf(options.directory(), events.owner);
        send(runtimeReport(gateway, name, fragment, events), nodes);
      }
    },
    invalidBranch(fragment) {
      const { service, hash } = fragment;
      const publishers = publishersOf(options.directory(), fragment);
      const nodes = publishers.filter((node) => outbox.shouldSend(service, node, hash));
      if (nodes.length > 0) send(invalidBranchReport(gateway, fragment), nodes);
    },
    stop() {
      grace.stop();
      outbox.stop();
    },
  };
}

function findBranch({ branches }: ReporterOptions, name: string): Branch | undefined {
  for (const branch of branches()) if (branch.name === name) return branch;
  return undefined;
}

/**
 * An integration without the actions that were unknown when it was merged, and that a service offers by now:
 * the arrival of an action merges nothing.
 */
function withoutFoundActions(
  integration: Integration,
  directory: DirectorySnapshot | undefined,
): Integration {
  const isKnown = ({ code, found = "" }: Finding): boolean =>
    code === "ACTION_UNKNOWN" && directory?.action(found.replaceAll("`", "")) !== undefined;
  const findings = integration.findings.filter((finding) => !isKnown(finding));
  return findings.length === integration.findings.length ? integration : withFindings(integration, findings);
}

/** Says of a merged fragment that the branch is pinned to a version without it. */
function withPinnedBranch(integration: Integration, branch: Branch | undefined): Integration {
  const { fragment, state, findings } = integration;
  const pinned = branch?.ledger.version;
  const isMerged = state === "succeeded" || state === "waiting";
  const isServed = branch?.served?.chosen.get(fragment.service)?.hash === fragment.hash;
  if (branch === undefined || pinned === undefined || !isMerged || isServed) return integration;
  const finding: Finding = {
    severity: "info",
    code: "FRAGMENT_PINNED",
    jsonPath: "",
    message:
      `An operator pinned the branch \`${branch.name}\` to the version ${pinned.slice(0, 8)} (S9.4), ` +
      "which does not have this fragment.",
    hint: "The fragment is served when the operator removes the pin.",
  };
  return withFindings(integration, [...findings, finding]);
}

interface PreparedReport {
  readonly report: Report;
  readonly nodes: readonly string[];
}

/**
 * The report on one integration of a merge, and the nodes that should receive it; undefined where it is no
 * news.
 */
function prepareReport(
  sender: ReportSender,
  branch: string,
  merge: ReportedMerge,
  integration: Integration,
  outbox: Outbox,
): PreparedReport | undefined {
  const { type, fragment, outcome } = integration;
  const topic = `${branch} ${fragment.service}`;
  const report = (isChange = true): Report => integrationReport(sender, branch, merge, integration, isChange);
  if (type === "remove") {
    const nodes = outbox.recipients(topic);
    outbox.forget(topic);
    return { report: report(), nodes };
  }
  const isFirst = outbox.isFirstReport(topic, fragment.hash, outcome);
  const nodes = integration.nodes.filter((node) => outbox.shouldSend(topic, node, outcome));
  if (isDocumentationOnly(merge, integration)) {
    const text = hash128(canonicalJson(fragment.raw));
    const others = integration.nodes.filter((node) =>
      outbox.shouldSend(`${topic} documentation`, node, text),
    );
    return { report: report(), nodes: [...new Set([...nodes, ...others])] };
  }
  if (!isFirst && nodes.length === 0) return undefined;
  return { report: report(isFirst || isReplacement(merge, integration)), nodes };
}

/** Whether the merge replaced another fragment of the service. A fragment that is served again counts too. */
function isReplacement(
  { before, after }: ReportedMerge,
  { fragment: { service, hash } }: Integration,
): boolean {
  return before?.chosen.get(service)?.hash !== hash && after.chosen.get(service)?.hash === hash;
}

function runtimeReport(
  gateway: string,
  branch: string,
  { raw }: CompiledFragment,
  { owner, findings, console }: RuntimeEvents,
): Report {
  return withTable({
    contract: 1,
    gateway,
    service: owner.service,
    branch,
    hash: owner.hash,
    occasion: "runtime",
    state: "succeeded",
    changes: [],
    findings: findings.map((finding) => completeRuntimeFinding(finding, raw, owner)),
    console,
    urls: [],
  });
}

function invalidBranchReport(gateway: string, { service, hash, findings, raw }: CompiledFragment): Report {
  return withTable({
    contract: 1,
    gateway,
    service,
    branch: masterBranch,
    hash,
    occasion: "merge",
    state: "failed",
    changes: [],
    findings: completeFindings(findings, raw),
    console: [],
    urls: [],
  });
}

/** The services of which two versions use different fragments. */
function changedFragments({ before, after }: ReportedMerge): readonly string[] {
  const services = new Set([...(before?.chosen.keys() ?? []), ...after.chosen.keys()]);
  return [...services].filter(
    (service) => before?.chosen.get(service)?.hash !== after.chosen.get(service)?.hash,
  );
}

function pinReport(
  gateway: string,
  pin: AppliedPin,
  { before, after, changes }: ReportedMerge,
  service: string,
): Report {
  const [old, served] = [before?.chosen.get(service)?.hash, after.chosen.get(service)?.hash];
  const hash = served ?? old;
  return withTable({
    contract: 1,
    gateway,
    service,
    branch: pin.target.branch,
    ...(hash === undefined ? {} : { hash }),
    occasion: served === undefined ? "remove" : "merge",
    state: "succeeded",
    ...(before === undefined ? {} : { from: before.version.name }),
    to: after.version.name,
    changes: changes.filter((change) => change.service === service),
    findings: [pinFinding(pin, served)],
    console: [],
    urls: [],
  });
}

/** The nodes of a service that a branch uses: its own, else those of master. */
function nodesOnBranch(directory: Directory, service: string, branch: string): readonly string[] {
  const offers = directory.services.get(service)?.offers ?? [];
  const own = offers.filter(({ fragment }) => fragment?.branch === branch);
  const used = own.length > 0 ? own : offers.filter(({ fragment }) => fragment?.branch === masterBranch);
  return used.map(({ node }) => node.id);
}

function recipientsOf(directory: Directory, name: string, nodes: readonly string[]): readonly Offer[] {
  const service = directory.services.get(name);
  if (service === undefined) return [];
  const wanted = new Set(nodes);
  return effectiveOffers(service).filter((offer) => offer.state === "up" && wanted.has(offer.node.id));
}

/** Whether a report has findings or console messages, but no recipient has a `$report` action. */
function needsLog(report: Report, recipients: readonly Offer[]): boolean {
  if (recipients.length === 0 || report.state === "skipped") return false;
  if (report.findings.length === 0 && report.console.length === 0) return false;
  const action = `${report.service}.$report`;
  return !recipients.some(({ description }) => description.actions.some(({ name }) => name === action));
}

/** The nodes that publish a fragment. */
function publishersOf(directory: Directory, { service, hash }: RuntimeOwner): string[] {
  const offers = directory.services.get(service)?.offers ?? [];
  return offers.filter((offer) => offer.fragment?.hash === hash).map((offer) => offer.node.id);
}
