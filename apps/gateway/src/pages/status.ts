import {
  type Access,
  type BranchStatus,
  type GatewayHealth,
  type GatewayPage,
  type GatewayStatus,
  type NotServed,
  type Registry,
  type Served,
  TidegateError,
} from "@tidegate/core-registry";

/** What the page shows, and to whom. */
export interface StatusPageOptions {
  /** Whose branches. */
  readonly registry: Pick<Registry, "branches" | "gateways" | "health">;
  /** Who may see it (S9.11). */
  readonly access: Access;
}

/** What the page answers (S9.9): the branch that was asked for, and which others there are. */
export interface Status extends BranchStatus {
  /** The newest version of the branch that it builds on; null for master itself. */
  readonly parentVersion: string | null;
  /** How the gateway does. */
  readonly gateway: GatewayHealth;
  /** What every gateway of the same systems serves, this one first; those that do not answer are left out. */
  readonly gateways: readonly GatewayStatus[];
  /** Every branch, in short. */
  readonly branches: readonly BranchSummary[];
}

/** One branch in short. */
export interface BranchSummary {
  /** Its name. */
  readonly branch: string;
  /** Its newest version's tag; null while there is none. */
  readonly latestVersion: string | null;
  /** When a request used it last: ISO 8601; null when none did. */
  readonly latestUsedAt: string | null;
}

/** `GET /~status` and `/~BRANCH/~status` (S9.9). Answers 404 where there is no such branch or version. */
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
  const branch = branches.find((one) => one.branch === name);
  if (branch === undefined) throw new TidegateError("BRANCH_UNKNOWN");
  const parent = branches.find((one) => one.branch === branch.parent);
  return {
    ...branch,
    parentVersion: parent?.latestVersion ?? null,
    gateway: registry.health(),
    gateways,
    branches: branches.map(({ branch, latestVersion, latestUsedAt }) => ({
      branch,
      latestVersion,
      latestUsedAt,
    })),
  };
}

function refuseMissing(served: Served | NotServed): void {
  if (served.version !== undefined || served.missing === "starting") return;
  throw new TidegateError(served.missing === "branch" ? "BRANCH_UNKNOWN" : "VERSION_UNKNOWN");
}
