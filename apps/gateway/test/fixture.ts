import type { Change, Finding, Report, Version } from "@tidegate/core-registry";
import type { BranchStatus, VersionSwap } from "@tidegate/core-registry/registry";

/** A report of a refused fragment by default. */
export function reportOf(parts: Partial<Report> = {}): Report {
  return {
    contract: 1,
    gateway: "test",
    service: "player",
    branch: "master",
    occasion: "merge",
    state: "failed",
    changes: [],
    findings: [],
    console: [],
    urls: [],
    table: "",
    ...parts,
  };
}

/** A finding: by default an error in a route. */
export function findingOf(parts: Partial<Finding> = {}): Finding {
  return {
    severity: "error",
    code: "FRAGMENT_INVALID",
    jsonPath: "protocol.REST.routes[1].path",
    message: "A path begins with a slash.",
    ...parts,
  };
}

/** A change: by default an added route. */
export function changeOf(parts: Partial<Change> = {}): Change {
  return {
    kind: "added",
    plugin: "REST",
    label: "GET /players/:id",
    level: "safe",
    service: "player",
    ...parts,
  };
}

/** The swap to a version with one service. */
export function swapOf(changes: readonly Change[]): VersionSwap {
  const id = "7a2db312e34f6105efb5ec107137763b";
  const version: Version = {
    id,
    name: id.slice(0, 8),
    fragments: [{ service: "player", hash: id, branch: "master", waiting: [] }],
    routes: [],
    endpoints: [],
    rules: { ownerRules: () => undefined },
    protocols: new Map(),
    routeOrigin: () => undefined,
  };
  return { branch: "master", version, previous: undefined, changes };
}

/** The status of a branch: by default master without versions. */
export function branchOf(parts: Partial<BranchStatus> = {}): BranchStatus {
  return {
    branch: "master",
    latestUsedAt: null,
    parent: null,
    latestVersion: null,
    pins: [],
    contested: [],
    versions: [],
    services: [],
    ...parts,
  };
}
