import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { BranchStatus, ContestedClaim, Pin, ServiceStatus, VersionStatus } from "../contract.ts";
import { type Directory, effectiveOffers } from "../discovery/directory.ts";
import type { Branch } from "./branch.ts";
import type { VersionRecipe } from "./version-history.ts";

/**
 * A branch as `/~status` shows it (S9.9). Versions and services are collected when they are read: there can
 * be many.
 */
export function branchStatus(branch: Branch, directory: Directory): BranchStatus {
  const { versions } = branch;
  return {
    branch: branch.name,
    latestUsedAt: branch.usedAt === 0 ? null : new Date(branch.usedAt).toISOString(),
    parent: branch.name === masterBranch ? null : masterBranch,
    latestVersion: branch.served?.version.name ?? versions[0]?.name ?? null,
    pins: pinsOf(branch),
    contested: contestedClaims(branch),
    get versions() {
      return versions.map(versionStatus);
    },
    get services() {
      return [...directory.services.keys()].sort().map((name) => serviceStatus(name, branch, directory));
    },
  };
}

function pinsOf({ name, ledger }: Branch): Pin[] {
  const services = [...ledger.pins].map(([service, to]): Pin => ({ branch: name, service, to }));
  return ledger.version === undefined ? services : [{ branch: name, to: ledger.version }, ...services];
}

function contestedClaims({ compilation }: Branch): ContestedClaim[] {
  return [...(compilation?.contested ?? [])].map(([claim, contested]) => ({ claim, ...contested }));
}

function versionStatus({ id, name, recipe, integrations }: VersionRecipe): VersionStatus {
  return {
    version: name,
    fullVersion: id,
    routes: recipe.flatMap(({ labels }) => labels).sort(),
    integrations,
  };
}

function serviceStatus(name: string, branch: Branch, directory: Directory): ServiceStatus {
  const service = directory.services.get(name);
  const refused = branch.compilation?.refused.get(name)?.findings ?? [];
  return {
    service: name,
    state: branch.snapshot.service(name)?.state ?? "gone",
    hash: branch.served?.chosen.get(name)?.hash ?? null,
    nodes: service === undefined ? [] : effectiveOffers(service).map((offer) => offer.node.id),
    contested: refused.filter(({ code }) => code === "CLAIM_TAKEN").map(({ found }) => found ?? ""),
  };
}
