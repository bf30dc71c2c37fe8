import type { Broker } from "../../contracts/broker.ts";
import type { Finding, Report } from "../../contracts/report.ts";
import type { Branch } from "../branches/branch.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import { type Directory, effectiveOffers, withOffer } from "../discovery/directory.ts";
import { integrationReport, type ReportSender } from "../reports/integration-report.ts";

/** A fragment, and the branch that it is tried on. */
export interface DryRunInput {
  readonly branch: Branch;
  readonly directory: Directory;
  readonly fragment: CompiledFragment;
  /** The gateway that the report names. */
  readonly sender: ReportSender;
  /** The broker of a service that no node offers yet. Default: one that can do everything. */
  readonly broker: Broker | undefined;
}

const capableBroker: Broker = {
  contract: 2,
  name: "dry-run",
  start: async () => undefined,
  stop: async () => undefined,
  call: async () => undefined,
  publish: async () => undefined,
  events: () => undefined,
};

/**
 * The report that a fragment would get if a node published it now as the newest. Nothing that is served
 * changes.
 */
export async function dryRun({ branch, directory, fragment, sender, broker }: DryRunInput): Promise<Report> {
  const merge = await branch.dryRun(withFragment(directory, fragment, broker));
  const integration = merge.integrations.find(
    (one) => one.fragment.service === fragment.service && one.fragment.hash === fragment.hash,
  );
  // A fragment whose branch cannot be read is on no branch, and so in no integration.
  const failed = { type: "merge", fragment, state: "failed", findings: fragment.findings } as const;
  const { findings, ...outcome } = integration ?? failed;
  const isNew = !directory.services.has(fragment.service);
  return integrationReport(sender, branch.name, merge, {
    ...outcome,
    findings: isNew ? findings.filter((finding) => !isOwnAction(finding, fragment.service)) : findings,
  });
}

// The actions of a service that no node offers yet are not known.
function isOwnAction({ code, found = "" }: Finding, service: string): boolean {
  return code === "ACTION_UNKNOWN" && found.startsWith(`\`${service}.`);
}

function withFragment(
  directory: Directory,
  fragment: CompiledFragment,
  broker: Broker | undefined,
): Directory {
  const service = directory.services.get(fragment.service);
  const own = service === undefined ? undefined : effectiveOffers(service)[0];
  return withOffer(directory, {
    broker: own?.broker ?? broker ?? capableBroker,
    precedence: own?.precedence ?? 0,
    node: { id: "check" },
    description: {
      name: fragment.service,
      revision: Number.MAX_SAFE_INTEGER,
      actions: own?.description.actions ?? [],
      events: [],
      fragment: {},
    },
    fragment,
    state: "up",
  });
}
