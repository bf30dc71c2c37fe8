import {
  type Access,
  type GatewayHealth,
  type GatewayPage,
  type NotServed,
  type Served,
  TidegateError,
} from "@tidegate/core-registry";
import type { BranchStatus, BrokerStatus, GatewayStatus, Registry } from "@tidegate/core-registry/registry";

/** Options of `statusPage`: the registry and the access. */
export interface StatusPageOptions {
  readonly registry: Pick<Registry, "branches" | "brokers" | "gateways" | "health">;
  /** Who can see the page (S9.11). */
  readonly access: Access;
}

/** The answer of the page (S9.9): the branch of the request, and a summary of all branches. */
export interface Status extends BranchStatus {
  /** The latest version of the parent branch; null for master. */
  readonly parentVersion: string | null;
  readonly gateway: GatewayHealth;
  /** The connection of each broker, and the circuits that are open: actions that are not called on a node. */
  readonly brokers: readonly BrokerStatus[];
  /**
   * What every gateway of the same system serves, this gateway first. Gateways that do not answer are left
   * out.
   */
  readonly gateways: readonly GatewayStatus[];
  readonly branches: readonly BranchSummary[];
}

/** The summary of a branch in the list of branches. */
export interface BranchSummary {
  readonly branch: string;
  /** The tag of the latest version; null if the branch has no version yet. */
  readonly latestVersion: string | null;
  /** The time of the last request, in ISO 8601; null if there was none. */
  readonly latestUsedAt: string | null;
}

/**
 * The page `GET /~status` and `/~BRANCH/~status` (S9.9). Answers 404 if the branch or version does not exist.
 */
export function statusPage({ registry, access }: StatusPageOptions): GatewayPage {
  return {
    method: "GET",
    path: "/~status",
    access,
    handle: async (_request, scope, served) => {
      refuseMissing(served);
      const status = await branchStatus(registry, scope.branch);
      return {
        status: 200,
        headers: [["content-type", "application/json"]],
        body: JSON.stringify(status, null, 2),
      };
    },
  };
}

async function branchStatus(registry: StatusPageOptions["registry"], name: string): Promise<Status> {
  const gateways = await registry.gateways();
  const branches = registry.branches();
  const branch = branches.find(({ branch }) => branch === name);
  if (branch === undefined) throw new TidegateError("BRANCH_UNKNOWN");
  const parent = branches.find((other) => other.branch === branch.parent);
  const { branch: _, latestUsedAt, latestVersion, versions, services, ...more } = branch;
  // The members of the specification's example come first.
  return {
    branch: name,
    latestUsedAt,
    parentVersion: parent?.latestVersion ?? null,
    latestVersion,
    versions: versions.map((version) => ({ ...version, routes: [...version.routes, ownRoute(name)] })),
    services,
    ...more,
    gateway: registry.health(),
    brokers: registry.brokers(),
    gateways,
    branches: branches.map(({ branch, latestVersion, latestUsedAt }) => ({
      branch,
      latestVersion,
      latestUsedAt,
    })),
  };
}

function ownRoute(branch: string): string {
  return `/~status (http:GET): ${branch} branch introspection endpoint`;
}

function refuseMissing(served: Served | NotServed): void {
  if (served.version !== undefined || served.missing === "starting") return;
  throw new TidegateError(served.missing === "branch" ? "BRANCH_UNKNOWN" : "VERSION_UNKNOWN");
}
