import type { BranchStatus, IntegrationStatus, ServiceStatus, VersionStatus } from "../contracts/registry.ts";
import { masterBranch } from "../fragment/fragment.ts";
import type { Branch, BranchVersion } from "./branch.ts";
import { type Directory, ownOffers } from "./directory.ts";

/** A branch as `/~status` shows it (S9.9, the seed's example). */
export function branchStatus(branch: Branch, directory: Directory): BranchStatus {
  return {
    branch: branch.name,
    latestUsedAt: branch.usedAt === 0 ? null : new Date(branch.usedAt).toISOString(),
    parent: branch.name === masterBranch ? null : masterBranch,
    latestVersion: branch.compilation?.version.name ?? null,
    pins: [],
    contested: [],
    versions: branch.versions.map(versionStatus),
    services: [...directory.services.keys()].sort().map((name) => serviceStatus(name, branch, directory)),
  };
}

function versionStatus({ version, integrations }: BranchVersion): VersionStatus {
  return {
    version: version.name,
    fullVersion: version.id,
    routes: version.endpoints.map(({ label }) => label).sort(),
    integrations: integrations.map(
      ({ type, state, fragment: { service, hash }, at, findings }): IntegrationStatus => ({
        type,
        state,
        service,
        hash,
        at: new Date(at).toISOString(),
        errors: findings
          .filter(({ severity }) => severity === "error")
          .map(({ code, jsonPath, message }) => `${code} ${jsonPath}: ${message}`),
      }),
    ),
  };
}

function serviceStatus(name: string, branch: Branch, directory: Directory): ServiceStatus {
  const service = directory.services.get(name);
  const refused = branch.compilation?.refused.get(name)?.findings ?? [];
  return {
    service: name,
    state: branch.snapshot.service(name)?.state ?? "gone",
    hash: branch.compilation?.chosen.get(name)?.hash ?? null,
    nodes: service === undefined ? [] : ownOffers(service).map((offer) => offer.node.id),
    contested: refused.filter(({ code }) => code === "CLAIM_TAKEN").map(({ found }) => found ?? ""),
  };
}
