import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import { type Directory, emptyDirectory } from "../discovery/directory.ts";
import { type IndexedClaim, indexOf } from "./claim-index.ts";

/** A service that owns a claim. */
export interface ClaimOwner {
  readonly service: string;
  /**
   * The text that another service has to give to own the claim as well; undefined: the claim cannot be
   * shared.
   */
  readonly shared: string | undefined;
}

/** A claim of a fragment that another service owns. */
export interface Conflict {
  readonly claim: IndexedClaim;
  readonly owner: string;
}

/** The maps of a table; in a table over another one, each lies over the parent's. */
interface Maps {
  readonly chosen: OverlayMap<CompiledFragment>;
  readonly owners: OverlayMap<ClaimOwner[]>;
  readonly needing: OverlayMap<Set<string>>;
  readonly mentioning: OverlayMap<Set<string>>;
  readonly guarding: OverlayMap<Set<string>>;
  readonly waiting: OverlayMap<ReadonlySet<string>>;
}

/**
 * The claims of a branch: which fragment each service uses, who owns each claim, and what waits. A table over
 * a parent costs only what it differs by, and the parent stays as it is until `commit`. The parent must not
 * change meanwhile.
 */
export class ClaimTable {
  readonly #maps: Maps;
  readonly #parent: ClaimTable | undefined;
  #directory: Directory;

  constructor(parent?: ClaimTable) {
    this.#parent = parent;
    this.#directory = parent?.directory ?? emptyDirectory;
    const maps = parent === undefined ? undefined : parent.#maps;
    this.#maps = {
      chosen: new OverlayMap(maps?.chosen),
      owners: new OverlayMap(maps?.owners),
      needing: new OverlayMap(maps?.needing),
      mentioning: new OverlayMap(maps?.mentioning),
      guarding: new OverlayMap(maps?.guarding),
      waiting: new OverlayMap(maps?.waiting),
    };
  }

  /** The directory of the last commit. */
  get directory(): Directory {
    return this.#directory;
  }

  /** The fragment that a service uses. */
  chosen(service: string): CompiledFragment | undefined {
    return this.#maps.chosen.get(service);
  }

  /** Every service that uses a fragment. */
  services(): string[] {
    return this.#maps.chosen.keys();
  }

  /**
   * The services whose fragment was assigned or taken away in this table, also where the parent's is back.
   */
  changedServices(): string[] {
    return [...this.#maps.chosen.ownEntries().keys()];
  }

  /** The services whose connectors name an action of a service. */
  servicesMentioning(service: string): ReadonlySet<string> | undefined {
    return this.#maps.mentioning.get(service);
  }

  /** The services whose connectors call an action under a rule with a condition (S7.7). */
  servicesGuarding(action: string): ReadonlySet<string> | undefined {
    return this.#maps.guarding.get(action);
  }

  /** The services with a claim that needs a key. */
  servicesNeeding(key: string): ReadonlySet<string> | undefined {
    return this.#maps.needing.get(key);
  }

  /** The services that own a key. */
  owners(key: string): readonly ClaimOwner[] {
    return this.#maps.owners.get(key) ?? noOwners;
  }

  /** The keys that services own, at most `limit`. */
  keys(limit: number): readonly string[] {
    return this.#maps.owners.keys().slice(0, limit);
  }

  /** Whether a service owns a key and that claim does not wait. */
  isDefined(key: string): boolean {
    return this.owners(key).some(({ service }) => !this.isWaiting(service, key));
  }

  /** The keys of a service's claims that wait. */
  waitingKeys(service: string): ReadonlySet<string> {
    return this.#maps.waiting.get(service) ?? noKeys;
  }

  isWaiting(service: string, key: string): boolean {
    return this.#maps.waiting.get(service)?.has(key) === true;
  }

  /** Every service with a claim that waits. */
  servicesWaiting(): string[] {
    return this.#maps.waiting.keys();
  }

  /** Marks the claims of a service that wait, instead of those that were marked before. */
  setWaiting(service: string, keys: ReadonlySet<string>): void {
    this.#maps.waiting.set(service, keys.size === 0 ? undefined : keys);
  }

  /**
   * The claims of a fragment that other services own and do not share. Of several owners, the first by name.
   */
  conflicts(fragment: CompiledFragment): Conflict[] {
    const conflicts: Conflict[] = [];
    for (const claim of indexOf(fragment).claims) {
      const { shared } = claim.claim;
      const [owner] = this.owners(claim.key)
        .filter((one) => one.service !== fragment.service && (shared === undefined || one.shared !== shared))
        .sort(byService);
      if (owner !== undefined) conflicts.push({ claim, owner: owner.service });
    }
    return conflicts;
  }

  /** Lets a service use a fragment, instead of the one that it uses. */
  assign(fragment: CompiledFragment): void {
    this.unassign(fragment.service);
    const { service } = fragment;
    const { claims, needing, mentions, guarded } = indexOf(fragment);
    this.#maps.chosen.set(service, fragment);
    for (const { key, claim } of claims) this.#ownersToChange(key).push({ service, shared: claim.shared });
    for (const key of needing.keys()) setToChange(this.#maps.needing, key).add(service);
    for (const name of mentions) setToChange(this.#maps.mentioning, name).add(service);
    for (const action of guarded.keys()) setToChange(this.#maps.guarding, action).add(service);
  }

  /** Takes a service's fragment away, with its claims. */
  unassign(service: string): void {
    const fragment = this.chosen(service);
    if (fragment === undefined) return;
    const { claims, needing, mentions, guarded } = indexOf(fragment);
    this.#maps.chosen.set(service, undefined);
    this.setWaiting(service, noKeys);
    for (const { key } of claims) this.#removeOwner(key, service);
    for (const key of needing.keys()) removeFrom(this.#maps.needing, key, service);
    for (const name of mentions) removeFrom(this.#maps.mentioning, name, service);
    for (const action of guarded.keys()) removeFrom(this.#maps.guarding, action, service);
  }

  /**
   * Writes what this table differs by into its parent.
   * @param directory the directory that the claims were resolved with
   */
  commit(directory: Directory): void {
    for (const map of Object.values(this.#maps)) map.commit();
    if (this.#parent !== undefined) this.#parent.#directory = directory;
  }

  /** A list of owners that belongs to this table; the parent's is copied at the first change. */
  #ownersToChange(key: string): ClaimOwner[] {
    const { owners } = this.#maps;
    const known = owners.get(key);
    if (known !== undefined && owners.hasOwn(key)) return known;
    const own = known === undefined ? [] : [...known];
    owners.set(key, own);
    return own;
  }

  #removeOwner(key: string, service: string): void {
    const owners = this.#ownersToChange(key);
    const index = owners.findIndex((owner) => owner.service === service);
    if (index !== -1) owners.splice(index, 1);
    if (owners.length === 0) this.#maps.owners.set(key, undefined);
  }
}

const noOwners: readonly ClaimOwner[] = [];
const noKeys: ReadonlySet<string> = new Set();

// A finding names the same owner in whatever order the fragments were assigned.
function byService(one: ClaimOwner, other: ClaimOwner): number {
  return one.service < other.service ? -1 : 1;
}

/** A set that belongs to this map; the parent's is copied at the first change. */
function setToChange(map: OverlayMap<Set<string>>, key: string): Set<string> {
  const known = map.get(key);
  if (known !== undefined && map.hasOwn(key)) return known;
  const own = new Set(known);
  map.set(key, own);
  return own;
}

function removeFrom(map: OverlayMap<Set<string>>, key: string, service: string): void {
  const set = setToChange(map, key);
  set.delete(service);
  if (set.size === 0) map.set(key, undefined);
}

/**
 * A map over a parent map: it reads through to the parent, and keeps what is set in it until `commit`. So a
 * change of a large map can be tried and dropped for what the change itself costs.
 */
class OverlayMap<Value> {
  readonly #parent: OverlayMap<Value> | undefined;
  /** An undefined value removes the parent's. */
  #own = new Map<string, Value | undefined>();

  /** @param parent must not change as long as this map is used */
  constructor(parent?: OverlayMap<Value>) {
    this.#parent = parent;
  }

  /** The value of a key, here or in the parent. */
  get(key: string): Value | undefined {
    const own = this.#own.get(key);
    return own !== undefined || this.#parent === undefined || this.#own.has(key)
      ? own
      : this.#parent.get(key);
  }

  /** Whether the key was set or removed in this map itself. */
  hasOwn(key: string): boolean {
    return this.#own.has(key);
  }

  /** Sets a value; undefined removes it. */
  set(key: string, value: Value | undefined): void {
    if (value === undefined && this.#parent === undefined) this.#own.delete(key);
    else this.#own.set(key, value);
  }

  /** Every key that has a value, the parent's first. */
  keys(): string[] {
    const keys = this.#parent?.keys().filter((key) => !this.#own.has(key)) ?? [];
    this.#own.forEach((value, key) => {
      if (value !== undefined) keys.push(key);
    });
    return keys;
  }

  /** What was set or removed in this map itself. */
  ownEntries(): ReadonlyMap<string, Value | undefined> {
    return this.#own;
  }

  /** Writes the own entries into the parent and forgets them here. */
  commit(): void {
    const parent = this.#parent;
    if (parent === undefined) return;
    if (parent.#parent === undefined && parent.#own.size === 0) {
      for (const [key, value] of this.#own) if (value === undefined) this.#own.delete(key);
      parent.#own = this.#own;
    } else for (const [key, value] of this.#own) parent.set(key, value);
    this.#own = new Map();
  }
}
