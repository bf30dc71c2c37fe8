import type { Clock } from "../../contracts/clock.ts";
import type { IntegrationStatus } from "../contract.ts";
import type { Directory } from "../discovery/directory.ts";
import type { StoredFragment } from "../discovery/fragment-store.ts";
import type { Integration } from "../merge/types.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import { protocolRoutes } from "../versions/route-text.ts";

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
  /** By service: the keys of the claims that wait in this version. Only services that have any. */
  readonly waiting: Waiting;
  /** The routes of the protocols themselves, for `/~status`. */
  readonly protocolRoutes: readonly string[];
  /**
   * Newest first. Integrations that failed on this version stand here too; on the newest version, also those
   * of older versions that still wait or are still refused.
   */
  readonly integrations: readonly IntegrationStatus[];
}

/** By service: the keys of the claims that wait. */
export type Waiting = ReadonlyMap<string, readonly string[]>;

/** The versions of a branch that can be asked for. */
export interface VersionHistory {
  /** Newest first. */
  readonly versions: readonly VersionRecipe[];
  /**
   * Records a merge: its version becomes the newest one. An integration with the outcome of before is left
   * out.
   */
  record(
    compiled: CompiledVersion,
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
  /** The last outcome of each fragment, by service, then by hash. */
  const outcomes = new Map<string, Map<string, string>>();
  /** By service: the integrations that wait or were refused, until that changes. */
  const unresolved = new Map<string, readonly IntegrationStatus[]>();

  const isNew = ({ type, outcome, fragment: { service, hash } }: Integration): boolean => {
    const known = outcomes.get(service) ?? new Map<string, string>();
    if (known.get(hash) === outcome) return false;
    if (type === "remove") outcomes.delete(service);
    else outcomes.set(service, known.set(hash, outcome));
    return true;
  };

  // A service that was never served has no removal either: its outcome is dropped when the service is gone.
  const dropGone = ({ services }: Directory): void => {
    for (const known of [outcomes, unresolved])
      for (const service of known.keys()) if (!services.has(service)) known.delete(service);
  };

  /** Adds the integrations of a merge. @returns those whose outcome is new */
  const add = (integrations: readonly Integration[], at: number): readonly IntegrationStatus[] => {
    const added: IntegrationStatus[] = [];
    for (const [service, own] of Map.groupBy(integrations, ({ fragment }) => fragment.service)) {
      const before = unresolved.get(service) ?? [];
      const hashes = new Set(own.map(({ fragment }) => fragment.hash));
      const statuses = own.map((one) => {
        const status = statusOf(one, at);
        if (isNew(one)) added.push(status);
        return before.find(({ hash, state }) => hash === status.hash && state === status.state) ?? status;
      });
      const known = outcomes.get(service);
      for (const hash of known?.keys() ?? []) if (!hashes.has(hash)) known?.delete(hash);
      const open = statuses.filter(({ type, state }) => type === "merge" && isOpen(state));
      if (open.length > 0) unresolved.set(service, open);
      else unresolved.delete(service);
    }
    return added;
  };

  return {
    get versions() {
      return versions;
    },
    record(compiled, recipe, integrations, directory) {
      const { id, name } = compiled.version;
      const at = clock.now();
      const added = add(integrations, at);
      dropGone(directory);
      const known = versions.find((version) => version.id === id);
      const own = [...added, ...(known?.integrations ?? [])];
      const carried = [...unresolved.values()]
        .flat()
        .filter((one) => !own.some((other) => isSame(one, other)));
      const newest: VersionRecipe = {
        id,
        name,
        at: known?.at ?? at,
        recipe,
        waiting: waitingOf(compiled),
        protocolRoutes: protocolRoutes(compiled),
        integrations: [...own, ...carried].slice(0, maxIntegrations),
      };
      versions = [newest, ...versions.filter((version) => version !== known)].slice(0, maxVersions);
    },
    keepNewest() {
      versions = versions.slice(0, 1);
    },
  };
}

function isOpen(state: IntegrationStatus["state"]): boolean {
  return state === "waiting" || state === "failed";
}

function isSame(one: IntegrationStatus, other: IntegrationStatus): boolean {
  return one.service === other.service && one.hash === other.hash && one.state === other.state;
}

/** By service: the keys of the claims that wait in a version. */
export function waitingOf({ parts }: Pick<CompiledVersion, "parts">): Waiting {
  const waiting = new Map<string, readonly string[]>();
  // `forEach` allocates no pair for each entry: a change must not cost garbage for every service.
  parts.forEach((byService) => {
    byService.forEach((part, service) => {
      if (part.waiting.size > 0) waiting.set(service, [...(waiting.get(service) ?? []), ...part.waiting]);
    });
  });
  return waiting;
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
