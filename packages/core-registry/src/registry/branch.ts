import type { Change } from "../contracts/change.ts";
import type { Clock } from "../contracts/clock.ts";
import type { DirectorySnapshot } from "../contracts/directory.ts";
import type { NotServed, Served } from "../contracts/server.ts";
import type { Version } from "../contracts/version.ts";
import type { Compilation } from "./compile.ts";
import type { Directory } from "./directory.ts";
import { type Integration, integrationsOf, removalsOf } from "./integration.ts";
import { judge } from "./judge.ts";
import { emptyLedger, type Ledger } from "./ledger.ts";
import { type SnapshotCache, snapshot } from "./snapshot.ts";
import { type View, view } from "./view.ts";

/** A named view of the services with its versions (S9.5). */
export interface Branch {
  /** Its name. */
  readonly name: string;
  /** When a request used it last: milliseconds since the epoch; 0: never. */
  readonly usedAt: number;
  /** What is served; undefined before the first merge. */
  readonly compilation: Compilation | undefined;
  /** Versions that can be asked for, newest first. */
  readonly versions: readonly BranchVersion[];
  /** What the branch sees of the directory now. */
  readonly snapshot: DirectorySnapshot;
  /** What a tag names. */
  find(tag: string | undefined): Served | NotServed;
  /** Merges what the directory shows now; a burst becomes one merge. */
  merge(): void;
  /** Resolves when no merge is under way. */
  settled(): Promise<void>;
  /** What it would become with another directory; nothing changes. */
  tryOut(directory: Directory): Promise<Merge>;
}

/** One version of a branch, and what led to it. */
export interface BranchVersion {
  /** The API. */
  readonly version: Version;
  /** When: milliseconds since the epoch. */
  readonly at: number;
  /** What led to it; those that failed afterwards stand here too. */
  readonly integrations: readonly (Integration & { readonly at: number })[];
}

/** One merge: what was, what is, and what became of every fragment. */
export interface Merge {
  /** Before. */
  readonly before: Compilation | undefined;
  /** After. */
  readonly after: Compilation;
  /** What the branch showed. */
  readonly view: View;
  /** Of every fragment of the branch's own, and of those that went. */
  readonly integrations: readonly Integration[];
  /** What differs. */
  readonly changes: readonly Change[];
}

/** What a branch needs. */
export interface BranchOptions {
  /** Time. */
  readonly clock: Clock;
  /** How many versions are kept. */
  readonly maxVersions: number;
  /** The directory as it is. */
  directory(): Directory;
  /** Compiles a view. */
  compile(
    view: View,
    ledger: Ledger,
    previous: Compilation | undefined,
    snapshot: DirectorySnapshot,
  ): Promise<Compilation>;
  /** What differs between two versions. */
  difference(before: Version | undefined, after: Version): readonly Change[];
  /** Told after each merge, when the new version is already served. */
  merged(branch: Branch, merge: Merge): void;
  /** Told when a merge failed for a reason of the gateway's own. */
  failed(branch: Branch, error: unknown): void;
}

const mostIntegrations = 200;
const notYet: NotServed = { missing: "starting" };
const noTag: NotServed = { missing: "tag" };

/** A branch that shows nothing until its first merge. */
export function createBranch(name: string, options: BranchOptions): Branch {
  const cache: SnapshotCache = new WeakMap();
  let ledger = emptyLedger;
  let compilation: Compilation | undefined;
  let versions: readonly BranchVersion[] = [];
  let usedAt = 0;
  let seen: { readonly directory: Directory; readonly snapshot: DirectorySnapshot } | undefined;
  let served: Served | undefined;
  let wanted = false;
  let running: Promise<void> | undefined;

  const currentSnapshot = (): DirectorySnapshot => {
    const directory = options.directory();
    if (seen?.directory !== directory) seen = { directory, snapshot: snapshot(name, directory, cache) };
    return seen.snapshot;
  };

  const mergeOf = async (directory: Directory, seenBy: DirectorySnapshot): Promise<Merge> => {
    const shown = view(name, directory);
    const before = compilation;
    const after = await options.compile(shown, ledger, before, seenBy);
    const integrations = [
      ...integrationsOf(shown, after, (fragment) => judge(fragment, seenBy)),
      ...removalsOf(shown, before),
    ];
    return {
      before,
      after,
      view: shown,
      integrations,
      changes: options.difference(before?.version, after.version),
    };
  };

  const mergeOnce = async (): Promise<void> => {
    const merge = await mergeOf(options.directory(), currentSnapshot());
    compilation = merge.after;
    ledger = merge.after.ledger;
    versions = withMerge(versions, merge, options.clock.now(), options.maxVersions);
    options.merged(branch, merge);
  };

  const mergeAll = async (): Promise<void> => {
    // A burst of one tick is one merge; what comes while it goes on is the next.
    await Promise.resolve();
    while (wanted) {
      wanted = false;
      await mergeOnce().catch((error: unknown) => options.failed(branch, error));
    }
    running = undefined;
  };

  const branch: Branch = {
    name,
    get usedAt() {
      return usedAt;
    },
    get compilation() {
      return compilation;
    },
    get versions() {
      return versions;
    },
    get snapshot() {
      return currentSnapshot();
    },
    find(tag) {
      usedAt = options.clock.now();
      if (compilation === undefined) return notYet;
      const directory = currentSnapshot();
      if (tag === undefined || tag === "latest") {
        const { version } = compilation;
        if (served?.version !== version || served.directory !== directory) served = { version, directory };
        return served;
      }
      const known = versions.find(({ version }) => version.name === tag || version.id === tag);
      return known === undefined ? noTag : { version: known.version, directory };
    },
    merge() {
      wanted = true;
      running ??= mergeAll();
    },
    async settled() {
      while (running !== undefined) await running;
    },
    tryOut: (directory) => mergeOf(directory, snapshot(name, directory, new WeakMap())),
  };
  return branch;
}

function withMerge(
  versions: readonly BranchVersion[],
  merge: Merge,
  at: number,
  most: number,
): readonly BranchVersion[] {
  const { version } = merge.after;
  const known = versions.find((one) => one.version.id === version.id);
  const news = merge.integrations.filter((one) => isNews(one, versions)).map((one) => ({ ...one, at }));
  const integrations = [...news, ...(known?.integrations ?? [])].slice(0, mostIntegrations);
  const others = versions.filter((one) => one !== known);
  return [{ version, at: known?.at ?? at, integrations }, ...others].slice(0, most);
}

function isNews(integration: Integration, versions: readonly BranchVersion[]): boolean {
  const last = versions
    .flatMap(({ integrations }) => integrations)
    .find(({ fragment }) => fragment.service === integration.fragment.service);
  return last?.outcome !== integration.outcome;
}
