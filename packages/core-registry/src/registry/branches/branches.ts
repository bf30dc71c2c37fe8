import type { Clock } from "../../contracts/clock.ts";
import { branchPattern, masterBranch, reservedNames } from "../../runtime/fragment/fragment.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import type { Board } from "../claims/claim-table.ts";
import type { Directory } from "../discovery/directory.ts";
import type { FragmentStore } from "../discovery/fragment-store.ts";
import { servicesOf } from "../discovery/view.ts";
import type { Compiling } from "../merge/compile.ts";
import type { BranchCompiler } from "../merge/compile-branch.ts";
import type { Merges } from "../merge/merge-queue.ts";
import type { Timers } from "../runtime.ts";
import { type CompiledVersion, isTagOf } from "../versions/compiled-version.ts";
import { createAwake, createRecall } from "../versions/version-cache.ts";
import { type Branch, createBranch, type Merge } from "./branch.ts";

/** The branches that there are: made when something is published for them, released when nobody uses them (S9.5). */
export interface Branches {
  /** One that is there. */
  get(name: string): Branch | undefined;
  /** All of them, master first. */
  all(): readonly Branch[];
  /** The one that is always there. */
  master(): Branch;
  /** One, made where it is not there yet; undefined where it cannot be. */
  ensure(name: string): Branch | undefined;
  /** One that nobody sees: what would become of something is tried on it. */
  draft(name: string): Branch;
  /** Has those merged that a change of the directory may touch; where it is master, all others too. */
  changed(touched: readonly string[]): void;
  /** Merges one, and resolves when it is done. */
  merge(branch: Branch): Promise<void>;
  /** What a tag of one names, compiled again where it must be. */
  version(branch: Branch, tag: string): Promise<CompiledVersion | undefined>;
}

/** What branches need. */
export interface BranchesOptions {
  /** Time. */
  readonly clock: Clock;
  /** What is to happen later. */
  readonly timers: Timers;
  /** Gives the event loop its turns. */
  readonly yieldToEventLoop: YieldToEventLoop;
  /** Where master's fragments are placed. */
  readonly board: Board;
  /** Merges them. */
  readonly merges: Merges;
  /** Compiles them. */
  readonly compiler: BranchCompiler;
  /** Every fragment that is known. */
  readonly fragments: FragmentStore;
  /** The directory as it is. */
  directory(): Directory;
  /** How many versions of each are kept. */
  readonly maxVersions: number;
  /** How many compiled things are kept beside master's newest version. */
  readonly maxCompiled: number;
  /** Milliseconds after which one that nobody uses is released. */
  readonly unusedMs: number;
  /** Told after each merge, when the new version is already served. */
  merged(branch: Branch, merge: Merge): void;
}

const mostBranches = 10_000;

/** Master, without a version. */
export function createBranches(options: BranchesOptions): Branches {
  const { clock, timers, board, merges, compiler, fragments } = options;
  const branches = new Map<string, Branch>();
  const releasing = new Set<Branch>();
  const awake = createAwake(options.maxCompiled);
  const recall = createRecall(awake, (recipe) => merges.between(() => compiler.recompile(recipe)));

  const merge = async (branch: Branch): Promise<void> => {
    merges.want(branch, "now");
    await merges.merged(branch);
  };

  const touch = (branch: Branch): void => {
    if (branch !== master) awake.used(`branch ${branch.name}`, branch.sleep);
  };

  const followMaster = (): void => {
    for (const branch of branches.values())
      if (branch !== master && (branch.compilation !== undefined || branch.isOpen))
        merges.want(branch, "later");
  };

  const merged = (branch: Branch, done: Merge, compiling: Compiling): void => {
    if (branch === master) {
      compiling.board.commit(done.view.directory);
      // Also where no service changed: a pin ended, or other gateways said who holds what.
      if (done.before?.version !== done.after.version) followMaster();
    }
    if (isRedocumented(done, compiling)) recall.forget();
    if (done.view.directory !== options.directory() && merges.isWanted(master)) merges.want(branch, "later");
    touch(branch);
    options.merged(branch, done);
    releaseIfUnused(branch);
  };

  const releaseIfUnused = (branch: Branch): void => {
    if (branch === master || releasing.has(branch)) return;
    releasing.add(branch);
    const { unusedMs } = options;
    const left = Math.min(unusedMs, Math.max(0, branch.usedAt + unusedMs - clock.now()));
    timers.after(branch.usedAt === 0 ? unusedMs : left, () => {
      releasing.delete(branch);
      if (clock.now() - branch.usedAt < unusedMs) releaseIfUnused(branch);
      else if (servicesOf(options.directory(), branch.name).length > 0) branch.release();
      else if (branches.get(branch.name) === branch) branches.delete(branch.name);
    });
  };

  const draft = (name: string): Branch =>
    createBranch(name, {
      clock,
      maxVersions: options.maxVersions,
      yieldToEventLoop: options.yieldToEventLoop,
      directory: options.directory,
      // While master waits to be merged, others follow what it was merged from: it decides first.
      mergeable: () =>
        name !== masterBranch && merges.isWanted(master) ? board.directory : options.directory(),
      compile: compiler.compile,
      recompile: compiler.recompile,
      recall: recall.recall,
      wake: merge,
      used: touch,
      source: fragments.store,
      merged,
    });

  const master = draft(masterBranch);
  branches.set(masterBranch, master);

  const ensure = (name: string): Branch | undefined => {
    const known = branches.get(name);
    if (known !== undefined) return known;
    if (!branchPattern.test(name) || reservedNames.includes(name) || branches.size >= mostBranches)
      return undefined;
    const made = draft(name);
    branches.set(name, made);
    return made;
  };

  return {
    get: (name) => branches.get(name),
    all: () => [...branches.values()],
    master: () => master,
    ensure,
    draft,
    merge,
    changed(touched) {
      // Something that a refused fragment asked for may have come.
      if (touched.length === 0)
        for (const branch of branches.values()) if (branch.isOpen) merges.want(branch, "now");
      if (touched.includes(masterBranch)) {
        merges.want(master, "now");
        followMaster();
      }
      for (const name of touched) {
        const branch = ensure(name);
        if (branch !== undefined) merges.want(branch, "now");
      }
    },
    async version(branch, tag) {
      if (branch.served === undefined && branch.versions.length > 0) await merge(branch);
      const { served } = branch;
      if (tag === "latest" || (served !== undefined && isTagOf(tag, served.version.id))) return served;
      const known = branch.versions.find(({ id }) => isTagOf(tag, id));
      if (known === undefined) return undefined;
      const recalled = recall.recall(known);
      return typeof recalled === "function" ? await recalled() : recalled;
    },
  };
}

/** Whether fragments are others now that are equal but for their documentation. */
function isRedocumented({ before, after }: Merge, { touched }: Compiling): boolean {
  return [...touched].some((service) => {
    const [old, young] = [before?.chosen.get(service), after.chosen.get(service)];
    return old !== young && old?.hash === young?.hash;
  });
}
