import type { Broker } from "../../contracts/broker.ts";
import type { Report } from "../../contracts/report.ts";
import type { Branch } from "../branches/branch.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import { type Directory, effectiveOffers, withOffer } from "../discovery/directory.ts";
import { integrationReport } from "../reports/reporter.ts";

/** A fragment that is tried on a branch. */
export interface TryOut {
  /** Where. */
  readonly branch: Branch;
  /** What there is. */
  readonly directory: Directory;
  /** What is tried. */
  readonly fragment: CompiledFragment;
  /** Who says it. */
  readonly gateway: string;
  /** Who would have found it, where nobody offers the service yet. */
  readonly broker: Broker | undefined;
}

const nobody: Broker = {
  contract: 1,
  name: "nobody",
  start: async () => undefined,
  stop: async () => undefined,
  call: async () => undefined,
  publish: async () => undefined,
  events: () => undefined,
};

const trialNode = "check";

/** What would become of a fragment if a node published it now as the newest: the report, and nothing changes. */
export async function overlay({ branch, directory, fragment, gateway, broker }: TryOut): Promise<Report> {
  const service = directory.services.get(fragment.service);
  const own = service === undefined ? undefined : effectiveOffers(service)[0];
  const tried = withOffer(directory, {
    broker: own?.broker ?? broker ?? nobody,
    precedence: own?.precedence ?? 0,
    node: { id: trialNode },
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
  const merge = await branch.tryOut(tried);
  const integration = merge.integrations.find(
    (one) => one.fragment.service === fragment.service && one.fragment.hash === fragment.hash,
  );
  if (integration !== undefined) return integrationReport(gateway, branch.name, merge, integration);
  // A branch that cannot be told shows nothing of the fragment.
  return integrationReport(gateway, branch.name, merge, {
    type: "merge",
    fragment,
    state: "failed",
    findings: fragment.findings,
  });
}
