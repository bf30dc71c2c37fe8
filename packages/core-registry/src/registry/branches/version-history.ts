import type { Clock } from "../../contracts/clock.ts";
import type { Version } from "../../contracts/version.ts";
import type { IntegrationStatus } from "../contract.ts";
import type { Directory } from "../discovery/directory.ts";
import type { StoredFragment } from "../discovery/fragment-store.ts";
import type { Integration } from "../merge/types.ts";

/**
 * A version of a branch as it is kept: the fragments that it is made of, and the integrations that led to it
 * (S9.5).
 */
export interface VersionRecipe {
  /** 32 hex digits. */
  readonly id: string;
  /** The tag: the first 8 digits. */
  readonly name: string;
  /** When the version was first served, in milliseconds since the epoch. */
  readonly at: number;
  readonly recipe: readonly StoredFragment[];
  /** Newest first. Integrations that failed on this version stand here too. */
  readonly integrations: readonly IntegrationStatus[];
}

/** The versions of a branch that can be asked for. */
export interface VersionHistory {
  /** Newest first. */
  readonly versions: readonly VersionRecipe[];
  /**
   * Records a merge: its version becomes the newest one. An integration with the outcome of before is left
   * out.
   */
  record(
    version: Version,
    recipe: readonly StoredFragment[],
    integrations: readonly Integration[],
    directory: Directory,
  ): void;
  /** Drops all versions but the newest. */
  keepNewest(): void;
}

const maxIntegrations = 200;

/** Creates an empty history of at most `maxVersions` versions. */
export function createVersionHistory(clock: Clock, maxVersions: number): VersionHistory {
  let versions: readonly VersionRecipe[] = [];
  /** The last outcome of each service. */
  const outcomes = new Map<string, string>();

  const isNew = ({ type, outcome, fragment: { service } }: Integration): boolean => {
    if (outcomes.get(service) === outcome) return false;
    if (type === "remove") outcomes.delete(service);
    else outcomes.set(service, outcome);
    return true;
  };

  // A service that was never served has no removal either: its outcome is dropped when the service is gone.
  const dropGone = ({ services }: Directory): void => {
    if (outcomes.size <= services.size) return;
    for (const service of outcomes.keys()) if (!services.has(service)) outcomes.delete(service);
  };

  return {
    get versions() {
      return versions;
    },
    record({ id, name }, recipe, integrations, directory) {
      const at = clock.now();
      const added = integrations.filter(isNew).map((one) => statusOf(one, at));
      dropGone(directory);
      const known = versions.find((version) => version.id === id);
      const newest: VersionRecipe = {
        id,
        name,
        at: known?.at ?? at,
        recipe,
        integrations: [...added, ...(known?.integrations ?? [])].slice(0, maxIntegrations),
      };
      versions = [newest, ...versions.filter((version) => version !== known)].slice(0, maxVersions);
    },
    keepNewest() {
      versions = versions.slice(0, 1);
    },
  };
}

function statusOf({ type, state, fragment, findings }: Integration, at: number): IntegrationStatus {
  return {
    type,
    state,
    service: fragment.service,
    hash: fragment.hash,
    at: new Date(at).toISOString(),
    errors: findings
      .filter(({ severity }) => severity === "error")
      .map(({ code, jsonPath, message }) => `${code} ${jsonPath}: ${message}`),
  };
}
