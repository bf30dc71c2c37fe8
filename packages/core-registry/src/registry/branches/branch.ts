import type { DirectorySnapshot } from "../../contracts/directory.ts";
import type { Change } from "../../contracts/report.ts";
import type { NotServed, Served } from "../../contracts/server.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import { type Directory, effectiveOffers, type Offer } from "../discovery/directory.ts";
import type { StoredFragment } from "../discovery/fragment-store.ts";
import { snapshot } from "../discovery/snapshot.ts";
import { publishesFor, servicesOf, type View, view } from "../discovery/view.ts";
import { emptyLedger, type Ledger } from "../ledger/ledger.ts";
import type { Compilation, CompileResult, Integration, MergeInput, MergeResult } from "../merge/types.ts";
import type { Runtime } from "../runtime.ts";
import { type CompiledVersion, isTagOf } from "../versions/compiled-version.ts";
import type { VersionCache } from "../versions/version-cache.ts";
import { createVersionHistory, type VersionRecipe } from "./version-history.ts";

/**
 * A named view of the services with its versions (S9.5). It holds what is served: `merge` replaces that by one
 * assignment, and requests read it with `find`. An evicted branch keeps recipes only, and is compiled on demand.
 */
export interface Branch {
  readonly name: string;
  /** When a request used the branch last, in milliseconds since the epoch; 0: never. */
  readonly usedAt: number;
  /** The result of the last merge; undefined before the first one, and while the branch is evicted. */
  readonly compilation: Compilation | undefined;
  /** What is served as the newest version: the pinned one, else the result of the last merge. */
  readonly served: CompiledVersion | undefined;
  /** The versions that can be asked for, newest first. */
  readonly versions: readonly VersionRecipe[];
  readonly ledger: Ledger;
  /** Whether a fragment was refused or waits: it is tried again when anything changes (S9.6). */
  readonly isUnresolved: boolean;
  /** Which actions the branch sees now. */
  readonly snapshot: DirectorySnapshot;
  /** What a tag names; `latest` or undefined: the newest version. Called for every request. */
  find(tag: string | undefined): Served | NotServed;
  /** Merges what the directory shows now. Only the merge queue calls it. */
  merge(): Promise<void>;
  /** The merge that another directory would lead to. Nothing is published. */
  dryRun(directory: Directory): Promise<Merge>;
  /** Replaces the ledger. The next merge goes by it. */
  setLedger(ledger: Ledger): void;
  /** Serves a version as the newest one, until it is called with undefined. */
  pin(version: CompiledVersion | undefined): void;
  /** Drops what is compiled. */
  evict(): void;
  /** Drops what is compiled, and all versions but the newest. */
  release(): void;
}

/** One merge: what was served before, what is served now, and what became of every fragment. */
export interface Merge {
  /** Undefined where nothing was served before. */
  readonly before: CompiledVersion | undefined;
  readonly after: Compilation;
  readonly view: View;
  readonly integrations: readonly Integration[];
  readonly changes: readonly Change[];
}

/** What a branch needs of the registry. */
export interface BranchOptions {
  readonly runtime: Pick<Runtime, "clock" | "yieldToEventLoop">;
  /** How many versions are kept. */
  readonly maxVersions: number;
  /** The newest directory. An object, so that a request reads it without a call. */
  readonly current: { readonly directory: Directory };
  /** The directory to merge from. */
  mergeDirectory(branch: string): Directory;
  merge(input: MergeInput): Promise<MergeResult>;
  recompile(recipe: readonly StoredFragment[]): Promise<CompiledVersion>;
  /** Older versions, compiled for requests. */
  readonly cache: VersionCache;
  /** Resolves when the branch is merged: a request waits for it. */
  mergeNow(branch: Branch): Promise<void>;
  /** Called for every request to a compiled branch other than master. */
  used(branch: Branch): void;
  source(fragment: CompiledFragment): StoredFragment;
  /** Called after a merge, when the new version is already served. */
  merged(branch: Branch, merge: Merge, result: CompileResult): void;
}

const starting: NotServed = { missing: "starting" };
const unknownTag: NotServed = { missing: "tag" };

/** Creates a branch that serves nothing before its first merge. */
export function createBranch(name: string, options: BranchOptions): Branch {
  const { runtime, current, cache } = options;
  const history = createVersionHistory(runtime.clock, options.maxVersions);
  let ledger = emptyLedger;
  let compilation: Compilation | undefined;
  let pinned: CompiledVersion | undefined;
  let usedAt = 0;
  let isUnresolved = false;
  /** The branch's own offers at the last merge. */
  let mergedOffers: readonly Offer[] = [];
  let seen: { readonly directory: Directory; readonly snapshot: DirectorySnapshot } | undefined;
  let answer: Served | undefined;

  const currentSnapshot = (): DirectorySnapshot => {
    const { directory } = current;
    if (seen?.directory === directory) return seen.snapshot;
    seen = { directory, snapshot: snapshot(name, directory) };
    answer = undefined;
    return seen.snapshot;
  };

  /** The answer to a request for the newest version; the same object until version or directory change. */
  const serve = ({ version }: CompiledVersion): Served => {
    if (answer?.version !== version || seen?.directory !== current.directory)
      answer = { version, directory: currentSnapshot() };
    return answer;
  };

  const compileNewest = async (): Promise<Served | NotServed> => {
    await options.mergeNow(branch);
    const served = pinned ?? compilation;
    return served === undefined ? starting : serve(served);
  };

  const findOlder = (recipe: VersionRecipe): Served | NotServed => {
    const known = cache.get(recipe);
    if (typeof known !== "function") return { version: known.version, directory: currentSnapshot() };
    return {
      missing: "evicted",
      recompile: async () => ({ version: (await known()).version, directory: currentSnapshot() }),
    };
  };

  const run = async (
    directory: Directory,
    actions: DirectorySnapshot,
  ): Promise<{ readonly merge: Merge; readonly result: CompileResult }> => {
    const recipe = compilation === undefined ? history.versions[0]?.recipe : undefined;
    // A branch that was evicted and whose own services are the same has nothing to report: master reported its changes.
    const isSilent = recipe !== undefined && isSameList(offersFor(name, directory), mergedOffers);
    const before = recipe === undefined || isSilent ? compilation : await options.recompile(recipe);
    const shown = view(name, directory);
    const result = await options.merge({ view: shown, ledger, previous: before, snapshot: actions });
    const { compilation: after, integrations } = result;
    return {
      merge: { before, after, view: shown, integrations, changes: isSilent ? [] : result.changes },
      result,
    };
  };

  const branch: Branch = {
    name,
    get usedAt() {
      return usedAt;
    },
    get compilation() {
      return compilation;
    },
    get served() {
      return pinned ?? compilation;
    },
    get versions() {
      return history.versions;
    },
    get ledger() {
      return ledger;
    },
    get isUnresolved() {
      return isUnresolved;
    },
    get snapshot() {
      return currentSnapshot();
    },
    find(tag) {
      usedAt = runtime.clock.now();
      if (compilation !== undefined && name !== masterBranch) options.used(branch);
      const isLatest = tag === undefined || tag === "latest";
      const served = pinned ?? compilation;
      if (served !== undefined && (isLatest || isTagOf(tag, served.version.id))) return serve(served);
      if (isLatest)
        return history.versions.length === 0 ? starting : { missing: "evicted", recompile: compileNewest };
      const recipe = history.versions.find(({ id }) => isTagOf(tag, id));
      return recipe === undefined ? unknownTag : findOlder(recipe);
    },
    async merge() {
      const directory = options.mergeDirectory(name);
      const actions = directory === current.directory ? currentSnapshot() : snapshot(name, directory);
      const { merge, result } = await run(directory, actions);
      const recipe = [...merge.after.chosen.values()].map(options.source);
      await runtime.yieldToEventLoop();
      const offers = offersFor(name, directory);
      await runtime.yieldToEventLoop();
      compilation = merge.after;
      mergedOffers = offers;
      const { accepted, owners } = merge.after.ledger;
      ledger = { ...ledger, accepted, owners };
      isUnresolved = hasUnresolved(merge.view, result);
      history.record(merge.after.version, recipe, merge.integrations, directory);
      options.merged(branch, merge, result);
    },
    dryRun: async (directory) => (await run(directory, snapshot(name, directory))).merge,
    setLedger(next) {
      ledger = next;
    },
    pin(version) {
      pinned = version;
      const { version: _, ...rest } = ledger;
      ledger = version === undefined ? rest : { ...rest, version: version.version.id };
    },
    evict() {
      compilation = undefined;
      answer = undefined;
      seen = undefined;
    },
    release() {
      branch.evict();
      history.keepNewest();
    },
  };
  return branch;
}

/** The offers that services make for a branch; what they publish for other branches does not affect it. */
function offersFor(branch: string, directory: Directory): readonly Offer[] {
  return servicesOf(directory, branch).flatMap((name) => {
    const service = directory.services.get(name);
    return service === undefined
      ? []
      : effectiveOffers(service).filter(({ fragment }) => fragment?.branch === branch);
  });
}

function isSameList(one: readonly Offer[], other: readonly Offer[]): boolean {
  return one.length === other.length && one.every((offer, index) => offer === other[index]);
}

// Master's own fragments are resolved by master's merges, which every compiled branch follows.
function hasUnresolved({ directory, branch }: View, { table, compilation }: CompileResult): boolean {
  return [...compilation.refused.keys(), ...table.servicesWaiting()].some((name) => {
    const service = directory.services.get(name);
    return service !== undefined && publishesFor(service, branch);
  });
}
