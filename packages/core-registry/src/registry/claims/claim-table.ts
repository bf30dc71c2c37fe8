import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import { type Directory, emptyDirectory } from "../discovery/directory.ts";
import { type IndexedClaim, indexOf } from "./claim-index.ts";
import { Layer } from "./overlay-map.ts";

/** Who holds a claim. */
export interface Holder {
  /** The service. */
  readonly service: string;
  /** The text that others must give to hold it too; undefined: nobody else can. */
  readonly shared: string | undefined;
}

/** A claim that cannot be had, because another service has it. */
export interface Conflict {
  /** What was claimed. */
  readonly claim: IndexedClaim;
  /** Who holds it. */
  readonly owner: string;
}

/** Which service uses which fragment on a branch, who holds what, who needs what, and what waits, each looked up by key. */
interface Layers {
  readonly chosen: Layer<CompiledFragment>;
  readonly owners: Layer<Holder[]>;
  readonly needers: Layer<Set<string>>;
  readonly mentioners: Layer<Set<string>>;
  readonly waiting: Layer<ReadonlySet<string>>;
}

/**
 * Where the fragments of a branch are placed. A board over another one tries a change for what the change costs: nothing
 * is seen below before `commit`. The one below must not change meanwhile.
 */
export class Board {
  readonly #layers: Layers;
  readonly #below: Board | undefined;
  #directory: Directory;

  /** An empty board, or one over another. */
  constructor(below?: Board) {
    this.#below = below;
    this.#directory = below?.directory ?? emptyDirectory;
    const under = below === undefined ? undefined : below.#layers;
    this.#layers = {
      chosen: new Layer(under?.chosen),
      owners: new Layer(under?.owners),
      needers: new Layer(under?.needers),
      mentioners: new Layer(under?.mentioners),
      waiting: new Layer(under?.waiting),
    };
  }

  /** The directory that it was made with. */
  get directory(): Directory {
    return this.#directory;
  }

  /** The fragment that a service uses. */
  chosen(service: string): CompiledFragment | undefined {
    return this.#layers.chosen.get(service);
  }

  /** Every service that uses one. */
  services(): string[] {
    return this.#layers.chosen.keys();
  }

  /** The services that were placed or unplaced on this board, also where it is as below again. */
  moved(): string[] {
    return [...this.#layers.chosen.changes().keys()];
  }

  /** The services that mention another one in an action's name. */
  mentioners(service: string): ReadonlySet<string> | undefined {
    return this.#layers.mentioners.get(service);
  }

  /** The services that need a key. */
  needers(key: string): ReadonlySet<string> | undefined {
    return this.#layers.needers.get(key);
  }

  /** Who holds a key. */
  owners(key: string): readonly Holder[] {
    return this.#layers.owners.get(key) ?? none;
  }

  /** Whether somebody holds a key whose claim does not wait itself. */
  isHeld(key: string): boolean {
    return this.owners(key).some(({ service }) => !this.waits(service, key));
  }

  /** Keys of a service's claims that wait. */
  waiting(service: string): ReadonlySet<string> {
    return this.#layers.waiting.get(service) ?? noKeys;
  }

  /** Whether a service's claim waits. */
  waits(service: string, key: string): boolean {
    return this.#layers.waiting.get(service)?.has(key) === true;
  }

  /** Every service with a claim that waits. */
  waiters(): string[] {
    return this.#layers.waiting.keys();
  }

  /** Says which of a service's claims wait. */
  setWaiting(service: string, keys: ReadonlySet<string>): void {
    this.#layers.waiting.set(service, keys.size === 0 ? undefined : keys);
  }

  /** The claims of a fragment that others hold, and that cannot be shared with them. Of several owners the first by name. */
  conflicts(fragment: CompiledFragment): Conflict[] {
    const conflicts: Conflict[] = [];
    for (const claim of indexOf(fragment).claims) {
      const { shared } = claim.claim;
      const [owner] = this.owners(claim.key)
        .filter(
          (held) => held.service !== fragment.service && (shared === undefined || held.shared !== shared),
        )
        .sort(byService);
      if (owner !== undefined) conflicts.push({ claim, owner: owner.service });
    }
    return conflicts;
  }

  /** Gives a service this fragment instead of the one that it uses. */
  place(fragment: CompiledFragment): void {
    this.unplace(fragment.service);
    const { service } = fragment;
    const { claims, needing, mentions } = indexOf(fragment);
    this.#layers.chosen.set(service, fragment);
    for (const { key, claim } of claims) this.#holdersOf(key).push({ service, shared: claim.shared });
    for (const key of needing.keys()) ownSet(this.#layers.needers, key).add(service);
    for (const name of mentions) ownSet(this.#layers.mentioners, name).add(service);
  }

  /** Takes a service's fragment out. */
  unplace(service: string): void {
    const fragment = this.chosen(service);
    if (fragment === undefined) return;
    const { claims, needing, mentions } = indexOf(fragment);
    this.#layers.chosen.set(service, undefined);
    this.setWaiting(service, noKeys);
    for (const { key } of claims) this.#release(key, service);
    for (const key of needing.keys()) withdraw(this.#layers.needers, key, service);
    for (const name of mentions) withdraw(this.#layers.mentioners, name, service);
  }

  /** Makes what was tried here true below, where it was made with this directory. */
  commit(directory: Directory): void {
    for (const layer of Object.values(this.#layers)) layer.commit();
    if (this.#below !== undefined) this.#below.#directory = directory;
  }

  #holdersOf(key: string): Holder[] {
    const { owners } = this.#layers;
    const known = owners.get(key);
    if (known !== undefined && owners.owns(key)) return known;
    const own = known === undefined ? [] : [...known];
    owners.set(key, own);
    return own;
  }

  #release(key: string, service: string): void {
    const owners = this.#holdersOf(key);
    const index = owners.findIndex((owner) => owner.service === service);
    if (index !== -1) owners.splice(index, 1);
    if (owners.length === 0) this.#layers.owners.set(key, undefined);
  }
}

const none: readonly Holder[] = [];
const noKeys: ReadonlySet<string> = new Set();

// In whatever order they were placed, the same one is named.
function byService(one: Holder, other: Holder): number {
  return one.service < other.service ? -1 : 1;
}

// A set is copied when a layer first changes it: the one below is somebody else's.
function ownSet(layer: Layer<Set<string>>, key: string): Set<string> {
  const known = layer.get(key);
  if (known !== undefined && layer.owns(key)) return known;
  const own = new Set(known);
  layer.set(key, own);
  return own;
}

function withdraw(layer: Layer<Set<string>>, key: string, service: string): void {
  const set = ownSet(layer, key);
  set.delete(service);
  if (set.size === 0) layer.set(key, undefined);
}
