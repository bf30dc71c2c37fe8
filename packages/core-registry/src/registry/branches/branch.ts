/*
 * A branch holds what is served (S9.5). In its life:
 *
 * 1. The merge queue calls `merge`: the view of the newest directory is merged (`merge.ts`), then one
 *    assignment replaces what is served. Requests that run keep the version that they read.
 * 2. Every request calls `find`: the newest version, an older one by its tag, or the reason why there is
 *    none.
 * 3. `pin` puts another version in front, until the pin is removed.
 * 4. `evict` drops what is compiled when other branches were used since: recipes stay, and `find` answers
 *    with a function that compiles the branch again.
 * 5. `release` drops older versions too, when no request used the branch for a long time.
 */
import type { DirectorySnapshot } from "../../contracts/directory.ts";
import type { Change } from "../../contracts/report.ts";
import type { NotServed, Served } from "../../contracts/server.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import { type Directory, effectiveOffers, type Offer } from "../discovery/directory.ts";
import type { StoredFragment } from "../discovery/fragment-store.ts";
import { publishesFor, servicesOf, snapshot, type View, view } from "../discovery/view.ts";
import { emptyLedger, type Ledger } from "../ledger/ledger.ts";
import type { Compilation, CompileResult, Integration, MergeInput, MergeResult } from "../merge/types.ts";
import type { Runtime } from "../runtime.ts";
import { type CompiledVersion, isTagOf } from "../versions/compiled-version.ts";
import type { VersionCache } from "../versions/version-cache.ts";
import { createVersionHistory, type VersionHistory, type VersionRecipe } from "./version-history.ts";

/**
 * A named view of the services with its versions (S9.5). It holds what is served: `merge` replaces that by
 * one assignment, and requests read it with `find`. An evicted branch keeps recipes only, and is compiled on
 * demand.
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
  readonly maxVersions: number;
  /** The newest directory. An object, so that a request reads it without a call. */
  readonly current: { readonly directory: Directory };
  mergeDirectory(branch: string): Directory;
  merge(input: MergeInput): Promise<MergeResult>;
  /** Returns false where a fragment could not be started: the next merge refuses it. */
  startFragments(fragments: Iterable<CompiledFragment>): Promise<boolean>;
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

interface BranchMerge {
  readonly merge: Merge;
  readonly result: CompileResult;
}

const starting: NotServed = { missing: "starting" };
const unknownTag: NotServed = { missing: "tag" };

/** Creates a branch that serves nothing before its first merge. */
export function createBranch(name: string, options: BranchOptions): Branch {
  return new MergedBranch(name, options);
}

class MergedBranch implements Branch {
  readonly name: string;
  usedAt = 0;
  compilation: Compilation | undefined;
  ledger: Ledger = emptyLedger;
  isUnresolved = false;
  readonly #options: BranchOptions;
  readonly #history: VersionHistory;
  #pinned: CompiledVersion | undefined;
  /** The branch's own offers at the last merge. */
  #mergedOffers: readonly Offer[] = [];
  #seen: { readonly directory: Directory; readonly snapshot: DirectorySnapshot } | undefined;
  /** The last answer to a request for the newest version. */
  #answer: Served | undefined;

  constructor(name: string, options: BranchOptions) {
    this.name = name;
    this.#options = options;
    this.#history = createVersionHistory(options.runtime.clock, options.maxVersions);
  }

  get served(): CompiledVersion | undefined {
    return this.#pinned ?? this.compilation;
  }

  get versions(): readonly VersionRecipe[] {
    return this.#history.versions;
  }

  get snapshot(): DirectorySnapshot {
    const { directory } = this.#options.current;
    if (this.#seen?.directory === directory) return this.#seen.snapshot;
    this.#seen = { directory, snapshot: snapshot(this.name, directory) };
    this.#answer = undefined;
    return this.#seen.snapshot;
  }

  find(tag: string | undefined): Served | NotServed {
    this.usedAt = this.#options.runtime.clock.now();
    if (this.compilation !== undefined && this.name !== masterBranch) this.#options.used(this);
    const isLatest = tag === undefined || tag === "latest";
    const served = this.#pinned ?? this.compilation;
    if (served !== undefined && (isLatest || isTagOf(tag, served.version.id))) return this.#serve(served);
    if (!isLatest) return this.#findOlder(tag);
    if (this.versions.length === 0) return starting;
    return { missing: "evicted", recompile: () => this.#compileNewest() };
  }

  async merge(): Promise<void> {
    const { mergeDirectory, current, runtime, source, merged } = this.#options;
    const directory = mergeDirectory(this.name);
    const actions = directory === current.directory ? this.snapshot : snapshot(this.name, directory);
    const { merge, result } = await this.#runAndStart(directory, actions);
    const recipe = [...merge.after.chosen.values()].map(source);
    await runtime.yieldToEventLoop();
    const offers = offersFor(this.name, directory);
    await runtime.yieldToEventLoop();
    this.compilation = merge.after;
    this.#mergedOffers = offers;
    const { accepted, owners } = merge.after.ledger;
    this.ledger = { ...this.ledger, accepted, owners };
    this.isUnresolved = hasUnresolved(merge.view, result);
    this.#history.record(merge.after, recipe, merge.integrations, directory);
    merged(this, merge, result);
  }

  async dryRun(directory: Directory): Promise<Merge> {
    return (await this.#run(directory, snapshot(this.name, directory))).merge;
  }

  setLedger(ledger: Ledger): void {
    this.ledger = ledger;
  }

  pin(version: CompiledVersion | undefined): void {
    this.#pinned = version;
    const { version: _, ...rest } = this.ledger;
    this.ledger = version === undefined ? rest : { ...rest, version: version.version.id };
  }

  // A bound function: the limit of compiled branches recognises a branch by it.
  readonly evict = (): void => {
    this.compilation = undefined;
    this.#answer = undefined;
    this.#seen = undefined;
  };

  release(): void {
    this.evict();
    this.#history.keepNewest();
  }

  /**
   * Starts what the chosen fragments need. One that fails is refused, and the branch is merged without it.
   */
  async #runAndStart(directory: Directory, actions: DirectorySnapshot): Promise<BranchMerge> {
    for (;;) {
      const done = await this.#run(directory, actions);
      if (await this.#options.startFragments(done.merge.after.chosen.values())) return done;
    }
  }

  /** The same object for every request, until version or directory change. */
  #serve({ version }: CompiledVersion): Served {
    const isCurrent = this.#seen?.directory === this.#options.current.directory;
    if (this.#answer?.version !== version || !isCurrent) this.#answer = { version, directory: this.snapshot };
    return this.#answer;
  }

  async #compileNewest(): Promise<Served | NotServed> {
    await this.#options.mergeNow(this);
    const { served } = this;
    return served === undefined ? starting : this.#serve(served);
  }

  #findOlder(tag: string): Served | NotServed {
    const recipe = this.versions.find(({ id }) => isTagOf(tag, id));
    if (recipe === undefined) return unknownTag;
    const known = this.#options.cache.get(recipe);
    if (typeof known !== "function") return { version: known.version, directory: this.snapshot };
    return {
      missing: "evicted",
      recompile: async () => ({ version: (await known()).version, directory: this.snapshot }),
    };
  }

  async #run(directory: Directory, actions: DirectorySnapshot): Promise<BranchMerge> {
    const recipe = this.compilation === undefined ? this.versions[0]?.recipe : undefined;
    // An evicted branch whose own services are the same has nothing to report: master reported its changes.
    const isSilent = recipe !== undefined && isSameList(offersFor(this.name, directory), this.#mergedOffers);
    const before =
      recipe === undefined || isSilent ? this.compilation : await this.#options.recompile(recipe);
    const shown = view(this.name, directory);
    const input = { view: shown, ledger: this.ledger, previous: before, snapshot: actions };
    const result = await this.#options.merge(input);
    const { compilation: after, integrations } = result;
    const changes = isSilent ? [] : result.changes;
    return { merge: { before, after, view: shown, integrations, changes }, result };
  }
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
