import type { BranchStatus, Change, Finding, Report, Version, VersionSwap } from "@tidegate/core-registry";

/** A report that refuses a fragment, unless told otherwise. */
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

/** An error in a route. */
export function findingOf(parts: Partial<Finding> = {}): Finding {
  return {
    severity: "error",
    code: "FRAGMENT_INVALID",
    jsonPath: "protocol.REST.routes[1].path",
    message: "A path begins with a slash.",
    ...parts,
  };
}

/** A route that was added. */
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

/** A version of one service that begins to be served. */
export function mountedOf(changes: readonly Change[]): VersionSwap {
  const id = "7a2db312e34f6105efb5ec107137763b";
  const version: Version = {
    id,
    name: id.slice(0, 8),
    fragments: [{ service: "player", hash: id, branch: "master", waiting: [] }],
    routes: [],
    endpoints: [],
    rules: { ownerRules: () => undefined },
    assembled: new Map(),
  };
  return { branch: "master", version, previous: undefined, changes };
}

/** Master as `/~status` shows it, empty unless told otherwise. */
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
