import { TidegateError } from "../../contracts/errors.ts";
import type { Branch } from "../branches/branch.ts";
import type { Pin, PinTarget } from "../contract.ts";
import type { Fragments, Source } from "../discovery/fragment-store.ts";
import { type CompiledVersion, isTagOf } from "../versions/compiled-version.ts";
import {
  createPinOrder,
  type Exchange,
  type PinOrderOptions,
  type PinStamp,
  type SharedPin,
  sharedSources,
} from "./exchange.ts";

/** Holds branches and services where they are (S9.4). */
export interface Pins {
  /** Pins here, and tells the other gateways. @throws `BRANCH_UNKNOWN`, `VERSION_UNKNOWN`, `FRAGMENT_UNKNOWN` */
  pin(pin: Pin): Promise<void>;
  /** Ends a pin here, and tells the others. @throws `BRANCH_UNKNOWN` */
  unpin(target: PinTarget): Promise<void>;
  /** Takes over what another gateway was told. */
  follow(pin: SharedPin): Promise<void>;
}

/** What pins need. */
export interface PinsOptions extends PinOrderOptions {
  /** A branch that there is. */
  branch(name: string): Branch | undefined;
  /** Every fragment that is known. */
  readonly fragments: Fragments;
  /** The other gateways. */
  readonly exchange: Exchange;
  /** Keeps a fragment that nobody may publish any more. */
  keep(source: Source): void;
  /** A version of a branch, compiled. */
  recall(branch: Branch, tag: string): Promise<CompiledVersion | undefined>;
  /** Compiles a version of these fragments. */
  recompile(recipe: readonly Source[]): Promise<CompiledVersion>;
  /** Runs something while nothing is merged. */
  between(work: () => Promise<void>): Promise<void>;
  /** Merges a branch, and resolves when it is done. */
  merge(branch: Branch): Promise<void>;
  /** Told when a branch serves another version than before. */
  mounted(branch: Branch, before: CompiledVersion | undefined): void;
}

/** Pins nothing yet. */
export function createPins(options: PinsOptions): Pins {
  const { fragments, exchange } = options;

  const demandBranch = (name: string): Branch => {
    const branch = options.branch(name);
    if (branch === undefined) throw new TidegateError("BRANCH_UNKNOWN", `There is no branch \`${name}\`.`);
    return branch;
  };

  /** What somebody else keeps, where it is not here. */
  const fetchSources = (hashes: readonly string[]): Promise<readonly Source[]> =>
    sharedSources(hashes, { exchange, fragments });

  const sourceOf = async (service: string, hash: string): Promise<Source> => {
    const known =
      fragments.find(service, hash) ?? (await fetchSources([hash])).find((one) => isTagOf(hash, one.hash));
    if (known?.service === service) return known;
    throw new TidegateError("FRAGMENT_UNKNOWN", `No fragment \`${hash}\` of \`${service}\` is known.`);
  };

  const versionOf = async (branch: Branch, tag: string): Promise<CompiledVersion> => {
    const known = await options.recall(branch, tag);
    if (known !== undefined) return known;
    const hashes = await exchange.recipe(branch.name, tag);
    const sources = await fetchSources(hashes ?? []);
    const recipe = (hashes ?? []).flatMap((hash) => sources.find((one) => one.hash === hash) ?? []);
    if (hashes !== undefined && recipe.length === hashes.length) return await options.recompile(recipe);
    throw new TidegateError("VERSION_UNKNOWN", `The branch \`${branch.name}\` has no version \`${tag}\`.`);
  };

  const newer = createPinOrder(options);

  const holdBranch = async (
    branch: Branch,
    version: CompiledVersion | undefined,
    stamp: PinStamp,
  ): Promise<void> => {
    if (!newer.take({ branch: branch.name }, stamp)) return;
    const before = branch.served;
    // As long as it is held, others may ask for what it is made of.
    for (const fragment of version?.chosen.values() ?? []) fragments.source(fragment);
    branch.pin(version);
    if (branch.served === undefined) await options.merge(branch);
    options.mounted(branch, before);
  };

  const holdService = async (
    branch: Branch,
    service: string,
    source: Source | undefined,
    stamp: PinStamp,
  ): Promise<void> => {
    // Two that pin at the same time must not undo each other.
    await options.between(async () => {
      if (!newer.take({ branch: branch.name, service }, stamp)) return;
      const pins = new Map(branch.ledger.pins);
      pins.delete(service);
      if (source !== undefined) {
        options.keep(source);
        pins.set(service, source.hash);
      }
      branch.setLedger({ ...branch.ledger, pins });
    });
    await options.merge(branch);
  };

  /** Does it here. @returns what it is held at in full */
  const hold = async (
    { branch: name, service }: PinTarget,
    to: string | null,
    stamp: PinStamp,
  ): Promise<string | null> => {
    const branch = demandBranch(name);
    if (service === undefined) {
      const version = to === null ? undefined : await versionOf(branch, to);
      await holdBranch(branch, version, stamp);
      return version?.version.id ?? null;
    }
    const source = to === null ? undefined : await sourceOf(service, to);
    await holdService(branch, service, source, stamp);
    return source?.hash ?? null;
  };

  const change = async ({ branch, service }: PinTarget, to: string | null): Promise<void> => {
    const target = { branch, ...(service === undefined ? {} : { service }) };
    const stamp = newer.next(target);
    const held = await hold(target, to, stamp);
    await exchange.pinned({ ...target, to: held, ...stamp });
  };

  return {
    pin: (pin) => change(pin, pin.to),
    unpin: (target) => change(target, null),
    async follow({ branch, service, to, at, by }) {
      await hold({ branch, ...(service === undefined ? {} : { service }) }, to, { at, by });
    },
  };
}
