import type { Pin, PinTarget } from "../contracts/registry.ts";
import type { CompiledVersion } from "../difference/compiled-version.ts";
import { TidegateError } from "../errors.ts";
import type { Branch } from "./branch.ts";
import type { Exchange, SharedPin } from "./exchange.ts";
import type { Fragments, Source } from "./fragments.ts";

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
export interface PinsOptions {
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
  const fetchSources = async (hashes: readonly string[]): Promise<Source[]> => {
    const given = await exchange.fragments(hashes);
    const compiled = await Promise.all(given.map(({ raw, service }) => fragments.compile(raw, service)));
    return compiled.map(fragments.source);
  };

  const sourceOf = async (service: string, hash: string): Promise<Source> => {
    const known =
      fragments.find(service, hash) ?? (await fetchSources([hash])).find((one) => one.hash === hash);
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

  const holdBranch = async (branch: Branch, version: CompiledVersion | undefined): Promise<void> => {
    const before = branch.served;
    branch.pin(version);
    if (branch.served === undefined) await options.merge(branch);
    options.mounted(branch, before);
  };

  const holdService = async (branch: Branch, service: string, source: Source | undefined): Promise<void> => {
    const pins = new Map(branch.ledger.pins);
    if (source === undefined) pins.delete(service);
    else {
      options.keep(source);
      pins.set(service, source.hash);
    }
    await options.between(async () => branch.adopt({ ...branch.ledger, pins }));
    await options.merge(branch);
  };

  const hold = async (
    branch: Branch,
    service: string | undefined,
    to: string | null,
  ): Promise<string | null> => {
    if (service === undefined) {
      const version = to === null ? undefined : await versionOf(branch, to);
      await holdBranch(branch, version);
      return version?.version.id ?? null;
    }
    const source = to === null ? undefined : await sourceOf(service, to);
    await holdService(branch, service, source);
    return source?.hash ?? null;
  };

  return {
    async pin({ branch, service, to }) {
      const held = await hold(demandBranch(branch), service, to);
      await exchange.pinned({ branch, service, to: held });
    },
    async unpin({ branch, service }) {
      await hold(demandBranch(branch), service, null);
      await exchange.pinned({ branch, service, to: null });
    },
    async follow({ branch, service, to }) {
      await hold(demandBranch(branch), service, to);
    },
  };
}
