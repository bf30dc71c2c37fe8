import type { NotServed, Served } from "../../contracts/server.ts";
import { branchPattern, masterBranch, reservedNames } from "../../runtime/fragment/fragment.ts";
import { type Directory, emptyDirectory } from "../discovery/directory.ts";
import { servicesOf } from "../discovery/view.ts";
import type { MergeQueue } from "../merge/merge-queue.ts";
import type { CompileResult, MergeTools } from "../merge/types.ts";
import { merge } from "../merge.ts";
import { type CompiledVersion, isTagOf } from "../versions/compiled-version.ts";
import { recompileRecipe } from "../versions/recompile.ts";
import { createCompiledLimit, createVersionCache } from "../versions/version-cache.ts";
import { type Branch, createBranch, type Merge } from "./branch.ts";

/**
 * All branches (S9.5). A branch is created when a service publishes a fragment for it. One that no request used for
 * `unusedMs` is released, or removed where no service publishes for it any more.
 */
export interface Branches {
  readonly master: Branch;
  /** What a branch and a tag name, for a request. */
  find(branch: string, tag: string | undefined): Served | NotServed;
  get(name: string): Branch | undefined;
  /** Every branch, master first. */
  all(): readonly Branch[];
  /** A branch, created where it does not exist; undefined where the name is invalid or there are too many branches. */
  ensure(name: string): Branch | undefined;
  /** A branch that is not listed and serves no request, for dry runs. */
  draft(name: string): Branch;
  /** Enqueues the branches that a change of the directory can affect: the named ones; with master, all others too. */
  directoryChanged(affected: readonly string[]): void;
  /** Merges a branch. Resolves when the merge has ended. */
  merge(branch: Branch): Promise<void>;
  /** The version that a tag names, compiled where it must be. */
  version(branch: Branch, tag: string): Promise<CompiledVersion | undefined>;
}

/** What branches need. */
export interface BranchesOptions {
  readonly tools: MergeTools;
  readonly queue: MergeQueue;
  /** The newest directory. */
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
  const { tools, queue, unusedMs } = options;
  const { masterTable, runtime } = tools;
  const { clock, timers } = runtime;
  const branches = new Map<string, Branch>();
  const releasing = new Set<Branch>();
  const current = { directory: emptyDirectory };
  const limit = createCompiledLimit(options.maxCompiled);
  const recompile = (recipe: Parameters<typeof recompileRecipe>[0]): Promise<CompiledVersion> =>
    recompileRecipe(recipe, tools);
  const cache = createVersionCache(limit, (recipe) => queue.runExclusive(() => recompile(recipe)));

  const mergeNow = async (branch: Branch): Promise<void> => {
    queue.enqueue(branch, "now");
    await queue.whenMerged(branch);
  };

  const used = (branch: Branch): void => {
    if (branch !== master) limit.used(`branch ${branch.name}`, branch.evict);
  };

  const enqueueFollowers = (): void => {
    for (const branch of branches.values())
      if (branch !== master && (branch.compilation !== undefined || branch.isUnresolved))
        queue.enqueue(branch, "later");
  };

  const merged = (branch: Branch, done: Merge, result: CompileResult): void => {
    if (branch === master) {
      result.table.commit(done.view.directory);
      // Without a changed service too: a pin was removed, or another gateway's ledger names other owners.
      if (done.before?.version !== done.after.version) enqueueFollowers();
    }
    if (hasNewDocumentation(done, result)) cache.clear();
    // Master changed during this merge: the branch was merged with the directory that master was merged with.
    if (done.view.directory !== options.directory() && queue.isQueued(master)) queue.enqueue(branch, "later");
    used(branch);
    options.merged(branch, done);
    releaseWhenUnused(branch);
  };

  const releaseWhenUnused = (branch: Branch): void => {
    if (branch === master || releasing.has(branch)) return;
    releasing.add(branch);
    const left = Math.min(unusedMs, Math.max(0, branch.usedAt + unusedMs - clock.now()));
    timers.after(branch.usedAt === 0 ? unusedMs : left, () => {
      releasing.delete(branch);
      if (clock.now() - branch.usedAt < unusedMs) releaseWhenUnused(branch);
      else if (servicesOf(options.directory(), branch.name).length > 0) branch.release();
      else if (branches.get(branch.name) === branch) branches.delete(branch.name);
    });
  };

  const draft = (name: string): Branch =>
    createBranch(name, {
      runtime,
      maxVersions: options.maxVersions,
      current,
      // Master is merged first: until then the other branches use the directory that master was merged with.
      mergeDirectory: (branch) =>
        branch !== masterBranch && queue.isQueued(master) ? masterTable.directory : options.directory(),
      merge: (input) => merge(input, tools),
      recompile,
      cache,
      mergeNow,
      used,
      source: tools.fragments.store,
      merged,
    });

  const master = draft(masterBranch);
  branches.set(masterBranch, master);

  const ensure = (name: string): Branch | undefined => {
    const known = branches.get(name);
    if (known !== undefined) return known;
    const isValid = branchPattern.test(name) && !reservedNames.includes(name);
    if (!isValid || branches.size >= maxBranches) return undefined;
    const created = draft(name);
    branches.set(name, created);
    return created;
  };

  return {
    master,
    find(name, tag) {
      const branch = branches.get(name);
      return branch === undefined ? unknownBranch : branch.find(tag);
    },
    get: (name) => branches.get(name),
    all: () => [...branches.values()],
    ensure,
    draft,
    merge: mergeNow,
    directoryChanged(affected) {
      current.directory = options.directory();
      // A node came or went: an action that a refused fragment maps can be there now.
      if (affected.length === 0)
        for (const branch of branches.values()) if (branch.isUnresolved) queue.enqueue(branch, "now");
      if (affected.includes(masterBranch)) {
        queue.enqueue(master, "now");
        enqueueFollowers();
      }
      for (const name of affected) {
        const branch = ensure(name);
        if (branch !== undefined) queue.enqueue(branch, "now");
      }
    },
    async version(branch, tag) {
      if (branch.served === undefined && branch.versions.length > 0) await mergeNow(branch);
      const { served } = branch;
      if (tag === "latest" || (served !== undefined && isTagOf(tag, served.version.id))) return served;
      const recipe = branch.versions.find(({ id }) => isTagOf(tag, id));
      if (recipe === undefined) return undefined;
      const known = cache.get(recipe);
      return typeof known === "function" ? await known() : known;
    },
  };
}

/** Whether a service's fragment is another object with the same hash: only its documentation changed (S1.4). */
function hasNewDocumentation({ before, after }: Merge, { changedServices }: CompileResult): boolean {
  return [...changedServices].some((service) => {
    const [previous, next] = [before?.chosen.get(service), after.chosen.get(service)];
    return previous !== next && previous?.hash === next?.hash;
  });
}
