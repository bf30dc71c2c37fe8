import { LRUCache } from "lru-cache";
import type { Clock } from "../../contracts/clock.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { Branch } from "../branches/branch.ts";
import type { Pin, PinTarget } from "../contract.ts";
import type { StoredFragment } from "../discovery/fragment-store.ts";
import { type CompiledVersion, isTagOf } from "../versions/compiled-version.ts";
import type { AppliedPin } from "./applied-pin.ts";
import type { PinStamp, SharedPin } from "./exchange.ts";
import { type FetchOptions, fetchFragments } from "./inherit.ts";
import type { PinOrigin } from "./ledger.ts";

/** Pins branches to versions and services to fragments, on all gateways of the same systems (S9.4). */
export interface Pins {
  /**
   * Pins here, then sends the pin to the other gateways.
   * @param who the caller, for messages
   * @throws `BRANCH_UNKNOWN`, `VERSION_UNKNOWN`, `FRAGMENT_UNKNOWN`
   */
  pin(pin: Pin, who?: string): Promise<void>;
  /** Removes a pin here and on the other gateways. @throws `BRANCH_UNKNOWN` */
  unpin(target: PinTarget, who?: string): Promise<void>;
  /** Applies a pin that was made on another gateway. */
  applyRemote(pin: SharedPin): Promise<void>;
  /** Pins a branch as the other gateways do, when this gateway starts. */
  inherit(branch: string, version: string): Promise<void>;
}

/** The parts of the registry that `createPins` uses. */
export interface PinsOptions extends FetchOptions {
  /** The name of this gateway, which becomes part of every stamp. */
  readonly gateway: string;
  readonly clock: Clock;
  /** Returns a branch; undefined where it does not exist. */
  branch(name: string): Branch | undefined;
  /** Keeps a fragment although no node publishes it. */
  retain(fragment: StoredFragment): void;
  /**
   * Returns a version of a branch, compiled again if necessary; undefined where the branch does not have it.
   */
  version(branch: Branch, tag: string): Promise<CompiledVersion | undefined>;
  /** Compiles the version that consists of these fragments. */
  recompile(recipe: readonly StoredFragment[]): Promise<CompiledVersion>;
  /** Runs a function while no merge runs. */
  betweenMerges(work: () => Promise<void>): Promise<void>;
  /** Merges a branch, and resolves when it is merged. */
  merge(branch: Branch): Promise<void>;
  /** Called after a branch began to serve what it is pinned to, or its newest version again. */
  onSwap(branch: Branch, before: CompiledVersion | undefined): void;
  /** Called after a pin was set or removed, here or on another gateway. */
  onPin(pin: AppliedPin): void;
}

/** Creates pins. Nothing is pinned yet. */
export function createPins(options: PinsOptions): Pins {
  const order = createPinOrder(options);

  const findBranch = (name: string): Branch => {
    const branch = options.branch(name);
    if (branch === undefined) throw new TidegateError("BRANCH_UNKNOWN", `There is no branch \`${name}\`.`);
    return branch;
  };

  const apply = async (target: PinTarget, to: string | null, origin: PinOrigin): Promise<string | null> => {
    const { service } = target;
    const branch = findBranch(target.branch);
    if (service === undefined) {
      const version = to === null ? undefined : await findVersion(branch, to, options);
      if (order.accept(target, origin)) await pinBranch(branch, version, options);
      return version?.version.id ?? null;
    }
    const fragment = to === null ? undefined : await findFragment(service, to, options);
    // Between merges, since two pins of one branch at the same time must not overwrite each other's ledger.
    await options.betweenMerges(async () => {
      if (order.accept(target, origin)) pinService(branch, service, fragment, origin, options);
    });
    await options.merge(branch);
    return fragment?.hash ?? null;
  };

  /** @returns the full id or hash that the target is pinned to */
  const applyAndReport = async (
    target: PinTarget,
    to: string | null,
    origin: PinOrigin,
  ): Promise<string | null> => {
    const branch = findBranch(target.branch);
    const [before, wasPinned] = [branch.served, isPinned(branch, target)];
    const pinnedTo = await apply(target, to, origin);
    // Removing a pin that does not exist changes nothing.
    if (to !== null || wasPinned)
      options.onPin({ target, to: pinnedTo, origin, before, after: branch.served });
    return pinnedTo;
  };

  const applyHere = async (pin: PinTarget, to: string | null, who: string | undefined): Promise<void> => {
    const target = targetOf(pin);
    const origin = { ...order.nextStamp(target), ...(who === undefined ? {} : { who }) };
    const pinnedTo = await applyAndReport(target, to, origin);
    await options.exchange.sendPin({ ...target, to: pinnedTo, ...origin });
  };

  return {
    pin: (pin, who) => applyHere(pin, pin.to, who),
    unpin: (target, who) => applyHere(target, null, who),
    async applyRemote({ to, at, by, who, ...target }) {
      await applyAndReport(targetOf(target), to, { at, by, ...(who === undefined ? {} : { who }) });
    },
    async inherit(branch, version) {
      await apply({ branch }, version, { at: 0, by: "" });
    },
  };
}

function targetOf({ branch, service }: Pick<SharedPin, "branch" | "service">): PinTarget {
  return { branch, ...(service === undefined ? {} : { service }) };
}

function isPinned({ ledger }: Branch, { service }: PinTarget): boolean {
  return service === undefined ? ledger.version !== undefined : ledger.pins.has(service);
}

/** Finds a version of a branch here, or compiles it from fragments that other gateways keep. */
async function findVersion(branch: Branch, tag: string, options: PinsOptions): Promise<CompiledVersion> {
  const known = await options.version(branch, tag);
  if (known !== undefined) return known;
  const hashes = await options.exchange.recipe(branch.name, tag);
  const fetched = await fetchFragments(hashes ?? [], options);
  const recipe = (hashes ?? []).flatMap((hash) => fetched.find((one) => one.hash === hash) ?? []);
  if (hashes !== undefined && recipe.length === hashes.length) return await options.recompile(recipe);
  throw new TidegateError("VERSION_UNKNOWN", `The branch \`${branch.name}\` has no version \`${tag}\`.`);
}

/** Finds a fragment of a service here, or fetches it from another gateway. */
async function findFragment(service: string, hash: string, options: PinsOptions): Promise<StoredFragment> {
  const known =
    options.fragments.find(service, hash) ??
    (await fetchFragments([hash], options)).find((one) => isTagOf(hash, one.hash));
  if (known?.service === service) return known;
  throw new TidegateError("FRAGMENT_UNKNOWN", `No fragment \`${hash}\` of \`${service}\` is known.`);
}

async function pinBranch(
  branch: Branch,
  version: CompiledVersion | undefined,
  { fragments, merge, onSwap }: PinsOptions,
): Promise<void> {
  const before = branch.served;
  // Stored, since other gateways can ask for the fragments of a version as long as a branch is pinned to it.
  for (const fragment of version?.chosen.values() ?? []) fragments.store(fragment);
  branch.pin(version);
  if (branch.served === undefined) await merge(branch);
  onSwap(branch, before);
}

function pinService(
  branch: Branch,
  service: string,
  fragment: StoredFragment | undefined,
  origin: PinOrigin,
  { retain }: PinsOptions,
): void {
  const pins = new Map(branch.ledger.pins);
  const pinOrigins = new Map(branch.ledger.pinOrigins);
  pins.delete(service);
  pinOrigins.delete(service);
  if (fragment !== undefined) {
    retain(fragment);
    pins.set(service, fragment.hash);
    pinOrigins.set(service, origin);
  }
  branch.setLedger({ ...branch.ledger, pins, pinOrigins });
}

/**
 * Decides which of several pins of the same target is the last, so that all gateways agree whatever the order
 * in which they receive the pins.
 */
interface PinOrder {
  /** The stamp of a pin that is made on this gateway now. */
  nextStamp(target: PinTarget): PinStamp;
  /** Records a pin and returns true, unless a later pin of the target is known. */
  accept(target: PinTarget, stamp: PinStamp): boolean;
}

/** How many pin targets are remembered: those pinned last. */
const maxTargets = 10_000;

function createPinOrder({ gateway, clock }: Pick<PinsOptions, "gateway" | "clock">): PinOrder {
  const last = new LRUCache<string, PinStamp>({ max: maxTargets });
  return {
    nextStamp(target) {
      const known = last.get(keyOf(target));
      return { at: Math.max(clock.now(), (known?.at ?? 0) + 1), by: gateway };
    },
    accept(target, stamp) {
      const known = last.get(keyOf(target));
      if (known !== undefined && isBefore(stamp, known)) return false;
      last.set(keyOf(target), stamp);
      return true;
    },
  };
}

function keyOf({ branch, service }: PinTarget): string {
  return service === undefined ? branch : `${branch} ${service}`;
}

function isBefore(one: PinStamp, other: PinStamp): boolean {
  return one.at < other.at || (one.at === other.at && one.by < other.by);
}
