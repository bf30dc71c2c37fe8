import type { NotServed, Served } from "../../contracts/server.ts";
import { branchPattern, masterBranch, reservedNames } from "../../runtime/fragment/fragment.ts";
import { type Directory, emptyDirectory } from "../discovery/directory.ts";
import { servicesOf } from "../discovery/view.ts";
import type { MergeQueue } from "../merge/merge-queue.ts";
import type { CompileResult, MergeTools } from "../merge/types.ts";
import { merge } from "../merge.ts";
import { type CompiledVersion, isTagOf } from "../versions/compiled-version.ts";
import {
  type CompiledLimit,
  createCompiledLimit,
  createVersionCache,
  recompileRecipe,
  type VersionCache,
} from "../versions/version-cache.ts";
import { type Branch, createBranch, type Merge } from "./branch.ts";

/**
 * All branches (S9.5). A branch is created when a service publishes a fragment for it. One that no request
 * used for `unusedMs` is released, or removed where no service publishes for it any more.
 */
export interface Branches {
  readonly master: Branch;
  /** What a branch and a tag name, for a request. */
  find(branch: string, tag: string | undefined): Served | NotServed;
  get(name: string): Branch | undefined;
  /** Every branch, master first. */
  all(): readonly Branch[];
  /**
   * A branch, created where it does not exist; undefined where the name is invalid or there are too many
   * branches.
   */
  ensure(name: string): Branch | undefined;
  /** A branch that is not listed and serves no request, for dry runs. */
  draft(name: string): Branch;
  /**
   * Enqueues the branches that a change of the directory can affect: the named ones; with master, all others
   * too.
   */
  directoryChanged(affected: readonly string[]): void;
  /** Merges a branch. Resolves when the merge has ended. */
  merge(branch: Branch): Promise<void>;
  /** The version that a tag names, compiled where it must be. */
  version(branch: Branch, tag: string): Promise<CompiledVersion | undefined>;
}

/** What all branches share, and what they call back. */
export interface BranchesOptions {
  readonly tools: MergeTools;
  readonly queue: MergeQueue;
  directory(): Directory;
  /** How many versions of each branch are kept. */
  readonly maxVersions: number;
  /** How many branches and older versions are compiled at once, beside the newest version of master. */
  readonly maxCompiled: number;
  readonly unusedMs: number;
  /** Called after each merge, when the new version is already served. */
  merged(branch: Branch, merge: Merge): void;
}

const maxBranches = 10_000;
const unknownBranch: NotServed = { missing: "branch" };

/** Creates master, which serves nothing before its first merge. */
export function createBranches(options: BranchesOptions): Branches {
  return new MergedBranches(options);
}

class MergedBranches implements Branches {
  readonly master: Branch;
  readonly #options: BranchesOptions;
  readonly #branches = new Map<string, Branch>();
  readonly #releasing = new Set<Branch>();
  readonly #current = { directory: emptyDirectory };
  readonly #limit: CompiledLimit;
  readonly #cache: VersionCache;

  constructor(options: BranchesOptions) {
    const { queue, tools, maxCompiled } = options;
    this.#options = options;
    this.#limit = createCompiledLimit(maxCompiled);
    this.#cache = createVersionCache(this.#limit, (recipe) =>
      queue.runExclusive(() => recompileRecipe(recipe, tools)),
    );
    this.master = this.draft(masterBranch);
    this.#branches.set(masterBranch, this.master);
  }

  readonly find = (name: string, tag: string | undefined): Served | NotServed => {
    const branch = this.#branches.get(name);
    return branch === undefined ? unknownBranch : branch.find(tag);
  };

  readonly get = (name: string): Branch | undefined => this.#branches.get(name);

  readonly all = (): readonly Branch[] => [...this.#branches.values()];

  readonly ensure = (name: string): Branch | undefined => {
    const known = this.#branches.get(name);
    if (known !== undefined) return known;
    const isValid = branchPattern.test(name) && !reservedNames.includes(name);
    if (!isValid || this.#branches.size >= maxBranches) return undefined;
    const created = this.draft(name);
    this.#branches.set(name, created);
    return created;
  };

  draft(name: string): Branch {
    const { tools, queue, maxVersions, directory } = this.#options;
    const { masterTable, runtime, fragments } = tools;
    return createBranch(name, {
      runtime,
      maxVersions,
      current: this.#current,
      // Master is merged first: until then the other branches use the directory that master was merged with.
      mergeDirectory: (branch) =>
        branch !== masterBranch && queue.isQueued(this.master) ? masterTable.directory : directory(),
      merge: (input) => merge(input, tools),
      startFragments: (chosen) => tools.starts.start(chosen),
      recompile: (recipe) => recompileRecipe(recipe, tools),
      cache: this.#cache,
      mergeNow: this.merge,
      used: (branch) => this.#used(branch),
      source: fragments.store,
      merged: (branch, done, result) => this.#merged(branch, done, result),
    });
  }

  readonly merge = async (branch: Branch): Promise<void> => {
    const { queue } = this.#options;
    queue.enqueue(branch, "now");
    await queue.whenMerged(branch);
  };

  readonly directoryChanged = (affected: readonly string[]): void => {
    const { queue, directory } = this.#options;
    this.#current.directory = directory();
    // A node came or went: an action that a refused fragment maps can be there now.
    if (affected.length === 0)
      for (const branch of this.#branches.values()) if (branch.isUnresolved) queue.enqueue(branch, "now");
    if (affected.includes(masterBranch)) {
      queue.enqueue(this.master, "now");
      this.#enqueueFollowers();
    }
    for (const name of affected) {
      const branch = this.ensure(name);
      if (branch !== undefined) queue.enqueue(branch, "now");
    }
  };

  readonly version = async (branch: Branch, tag: string): Promise<CompiledVersion | undefined> => {
    if (branch.served === undefined && branch.versions.length > 0) await this.merge(branch);
    const { served } = branch;
    if (tag === "latest" || (served !== undefined && isTagOf(tag, served.version.id))) return served;
    const recipe = branch.versions.find(({ id }) => isTagOf(tag, id));
    if (recipe === undefined) return undefined;
    const known = this.#cache.get(recipe);
    return typeof known === "function" ? await known() : known;
  };

  #used(branch: Branch): void {
    if (branch !== this.master) this.#limit.used(`branch ${branch.name}`, branch.evict);
  }

  /** Master changed: the branches that are compiled, or that have something unresolved, are merged again. */
  #enqueueFollowers(): void {
    for (const branch of this.#branches.values())
      if (branch !== this.master && (branch.compilation !== undefined || branch.isUnresolved))
        this.#options.queue.enqueue(branch, "later");
  }

  #merged(branch: Branch, done: Merge, result: CompileResult): void {
    const { queue, directory, merged } = this.#options;
    if (branch === this.master) {
      result.table.commit(done.view.directory);
      // Without a changed service too: a pin was removed, or another gateway's ledger names other owners.
      if (done.before?.version !== done.after.version) this.#enqueueFollowers();
    }
    if (hasNewDocumentation(done, result)) this.#cache.clear();
    // The branch was merged with the directory of master's last merge, and master is queued again.
    if (done.view.directory !== directory() && queue.isQueued(this.master)) queue.enqueue(branch, "later");
    this.#used(branch);
    merged(branch, done);
    this.#releaseWhenUnused(branch);
  }

  #releaseWhenUnused(branch: Branch): void {
    const { tools, unusedMs } = this.#options;
    const { clock, timers } = tools.runtime;
    if (branch === this.master || this.#releasing.has(branch)) return;
    this.#releasing.add(branch);
    const left = Math.min(unusedMs, Math.max(0, branch.usedAt + unusedMs - clock.now()));
    timers.after(branch.usedAt === 0 ? unusedMs : left, () => {
      this.#releasing.delete(branch);
      if (clock.now() - branch.usedAt < unusedMs) this.#releaseWhenUnused(branch);
      else this.#release(branch);
    });
  }

  #release(branch: Branch): void {
    const { name } = branch;
    if (servicesOf(this.#options.directory(), name).length > 0) branch.release();
    else if (this.#branches.get(name) === branch) this.#branches.delete(name);
  }
}

/**
 * Whether a service's fragment is another object with the same hash: only its documentation changed (S1.4).
 */
function hasNewDocumentation({ before, after }: Merge, { changedServices }: CompileResult): boolean {
  return [...changedServices].some((service) => {
    const [previous, next] = [before?.chosen.get(service), after.chosen.get(service)];
    return previous !== next && previous?.hash === next?.hash;
  });
}
