import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { BranchStatus, ContestedClaim, Pin, ServiceStatus, VersionStatus } from "../contract.ts";
import { type Directory, effectiveOffers } from "../discovery/directory.ts";
import type { Branch } from "./branch.ts";
import { type VersionRecipe, type Waiting, waitingOf } from "./version-history.ts";

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
      const waiting = branch.served === undefined ? noWaiting : waitingOf(branch.served);
      return [...directory.services.keys()]
        .sort()
        .map((name) => serviceStatus(name, branch, directory, waiting));
    },
  };
}

const noWaiting: Waiting = new Map();

function pinsOf({ name, ledger }: Branch): Pin[] {
  const services = [...ledger.pins].map(([service, to]): Pin => ({ branch: name, service, to }));
  return ledger.version === undefined ? services : [{ branch: name, to: ledger.version }, ...services];
}

function contestedClaims({ compilation }: Branch): ContestedClaim[] {
  return [...(compilation?.contested ?? [])].map(([claim, contested]) => ({ claim, ...contested }));
}

function versionStatus({ id, name, integrations, ...version }: VersionRecipe): VersionStatus {
  return { version: name, fullVersion: id, routes: routesOf(version), integrations };
}

function routesOf({
  recipe,
  waiting,
  protocolRoutes,
}: Pick<VersionRecipe, "recipe" | "waiting" | "protocolRoutes">): string[] {
  const served = recipe.flatMap(({ service, routes }) => {
    const missing = waiting.get(service) ?? [];
    return routes.flatMap(({ key, text }) => (missing.includes(key) ? [] : [text]));
  });
  return [...served.sort(), ...protocolRoutes];
}

function serviceStatus(name: string, branch: Branch, directory: Directory, waiting: Waiting): ServiceStatus {
  const service = directory.services.get(name);
  const refused = branch.compilation?.refused.get(name)?.findings ?? [];
  return {
    service: name,
    state: branch.snapshot.service(name)?.state ?? "gone",
    hash: branch.served?.chosen.get(name)?.hash ?? null,
    nodes:
      service === undefined
        ? []
        : effectiveOffers(service).map(({ node, state }) => ({ node: node.id, state })),
    waiting: waiting.get(name) ?? [],
    contested: refused.filter(({ code }) => code === "CLAIM_TAKEN").map(({ found }) => found ?? ""),
  };
}
