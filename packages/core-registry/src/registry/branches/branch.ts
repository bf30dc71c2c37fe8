import type { Clock } from "../../contracts/clock.ts";
import type { DirectorySnapshot } from "../../contracts/directory.ts";
import type { Change } from "../../contracts/report.ts";
import type { NotServed, Served } from "../../contracts/server.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import type { IntegrationStatus } from "../contract.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import { type Directory, effectiveOffers, type Offer } from "../discovery/directory.ts";
import type { StoredFragment } from "../discovery/fragment-store.ts";
import { snapshot } from "../discovery/snapshot.ts";
import { publishesFor, servicesOf, type View, view } from "../discovery/view.ts";
import { emptyLedger, type Ledger } from "../ledger/ledger.ts";
import { judge } from "../merge/checks.ts";
import type { Compilation, Compiling } from "../merge/compile.ts";
import { type Integration, integrationsOf, removalsOf } from "../merge/integration.ts";
import { type CompiledVersion, isTagOf } from "../versions/compiled-version.ts";

/** A named view of the services with its versions (S9.5). */
export interface Branch {
  /** Its name. */
  readonly name: string;
  /** When a request used it last: milliseconds since the epoch; 0: never. */
  readonly usedAt: number;
  /** What was compiled last; undefined before the first merge, and while it sleeps. */
  readonly compilation: Compilation | undefined;
  /** What is served as its newest: what it is pinned to, else what was compiled last. */
  readonly served: CompiledVersion | undefined;
  /** Versions that can be asked for, newest first. */
  readonly versions: readonly BranchVersion[];
  /** What history says. */
  readonly ledger: Ledger;
  /** Whether something of it was refused or waits: it is tried again when anything changes (S9.6). */
  readonly isOpen: boolean;
  /** What the branch sees of the directory now. */
  readonly snapshot: DirectorySnapshot;
  /** What a tag names. */
  find(tag: string | undefined): Served | NotServed;
  /** Merges what the directory shows now. One merge at a time, over all branches. */
  merge(): Promise<void>;
  /** What it would become with another directory; nothing changes. Not while anything is merged. */
  tryOut(directory: Directory): Promise<Merge>;
  /** Takes what history says from somewhere else: the next merge goes by it. */
  adopt(ledger: Ledger): void;
  /** Serves this version as the newest, until it is let go with undefined. */
  pin(version: CompiledVersion | undefined): void;
  /** Forgets what is compiled of it: it is compiled again when it is asked for. */
  sleep(): void;
  /** Forgets its older versions too. */
  release(): void;
}

/** One version of a branch as it is kept: what it was made of, and what led to it. */
export interface BranchVersion {
  /** 32 hex digits. */
  readonly id: string;
  /** The tag. */
  readonly name: string;
  /** When it came: milliseconds since the epoch. */
  readonly at: number;
  /** The fragments that it is made of. */
  readonly recipe: readonly StoredFragment[];
  /** What led to it; those that failed afterwards stand here too. */
  readonly integrations: readonly IntegrationStatus[];
}

/** One merge: what was, what is, and what became of every fragment. */
export interface Merge {
  /** What was served before; undefined where there was nothing, or it is not known any more. */
  readonly before: CompiledVersion | undefined;
  /** After. */
  readonly after: Compilation;
  /** What the branch showed. */
  readonly view: View;
  /** Of every fragment of the branch's own of which anything may have changed, and of those that went. */
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
  /** Gives the event loop its turns. */
  readonly yieldToEventLoop: YieldToEventLoop;
  /** The directory as it is. */
  directory(): Directory;
  /** What it is to be merged from: the same, or what master was merged from last. */
  mergeable(): Directory;
  /** Compiles a view. */
  compile(
    view: View,
    ledger: Ledger,
    previous: CompiledVersion | undefined,
    snapshot: DirectorySnapshot,
  ): Promise<Compiling>;
  /** Compiles a version of it again. */
  recompile(recipe: readonly StoredFragment[]): Promise<CompiledVersion>;
  /** The same for a request: what it gave is remembered for a while. At once where it is. */
  recall(version: BranchVersion): CompiledVersion | (() => Promise<CompiledVersion>);
  /** Merges it as soon as may be, since a request asks for it while it sleeps. */
  wake(branch: Branch): Promise<void>;
  /** Told each time that it is used. */
  used(branch: Branch): void;
  /** What is kept of a fragment. */
  source(fragment: CompiledFragment): StoredFragment;
  /** Told after each merge, when the new version is already served. */
  merged(branch: Branch, merge: Merge, compiling: Compiling): void;
}

const mostIntegrations = 200;
const notYet: NotServed = { missing: "starting" };
const noTag: NotServed = { missing: "tag" };

/** A branch that shows nothing until its first merge. */
export function createBranch(name: string, options: BranchOptions): Branch {
  let ledger = emptyLedger;
  let compilation: Compilation | undefined;
  let pinned: CompiledVersion | undefined;
  let versions: readonly BranchVersion[] = [];
  let usedAt = 0;
  let isOpen = false;
  let mergedOwn: readonly Offer[] = [];
  let seen: { readonly directory: Directory; readonly snapshot: DirectorySnapshot } | undefined;
  let answer: Served | undefined;
  const outcomes = new Map<string, string>();

  const currentSnapshot = (): DirectorySnapshot => {
    const directory = options.directory();
    if (seen?.directory !== directory) seen = { directory, snapshot: snapshot(name, directory) };
    return seen.snapshot;
  };

  const ownChanged = (directory: Directory): boolean => {
    const own = offersFor(name, directory);
    return own.length !== mergedOwn.length || own.some((offer, index) => offer !== mergedOwn[index]);
  };

  const mergeOf = async (
    directory: Directory,
    seenBy: DirectorySnapshot,
  ): Promise<{ readonly merge: Merge; readonly compiling: Compiling }> => {
    const shown = view(name, directory);
    const recipe = compilation === undefined ? versions[0]?.recipe : undefined;
    // What master became while the branch slept was told on master.
    const isWaking = recipe !== undefined && !ownChanged(directory);
    const before = recipe === undefined || isWaking ? compilation : await options.recompile(recipe);
    const compiling = await options.compile(shown, ledger, before, seenBy);
    await options.yieldToEventLoop();
    const integrations = [
      ...integrationsOf(shown, compiling, (fragment) => judge(fragment, seenBy)),
      ...removalsOf(shown, before),
    ];
    const { compilation: after } = compiling;
    const changes = isWaking ? [] : compiling.changes;
    return { merge: { before, after, view: shown, integrations, changes }, compiling };
  };

  // A service that was never served is not removed either, when it goes.
  const forgetOutcomes = ({ services }: Directory): void => {
    if (outcomes.size <= services.size) return;
    for (const service of outcomes.keys()) if (!services.has(service)) outcomes.delete(service);
  };

  const keep = (merge: Merge, compiling: Compiling, recipe: readonly StoredFragment[]): void => {
    const news = merge.integrations.filter((one) => {
      const { service } = one.fragment;
      if (outcomes.get(service) === one.outcome) return false;
      if (one.type === "remove") outcomes.delete(service);
      else outcomes.set(service, one.outcome);
      return true;
    });
    forgetOutcomes(merge.view.directory);
    const { version } = compiling.compilation;
    const at = options.clock.now();
    const known = versions.find(({ id }) => id === version.id);
    const integrations = news.map((one) => statusOf(one, at));
    const kept: BranchVersion = {
      id: version.id,
      name: version.name,
      at: known?.at ?? at,
      recipe,
      integrations: [...integrations, ...(known?.integrations ?? [])].slice(0, mostIntegrations),
    };
    versions = [kept, ...versions.filter((one) => one !== known)].slice(0, options.maxVersions);
  };

  const serve = ({ version }: CompiledVersion): Served => {
    const directory = currentSnapshot();
    if (answer?.version !== version || answer.directory !== directory) answer = { version, directory };
    return answer;
  };

  const newest = (): Served | NotServed => {
    const served = pinned ?? compilation;
    if (served !== undefined) return serve(served);
    if (versions.length === 0) return notYet;
    return { missing: "evicted", recompile: () => options.wake(branch).then(awake) };
  };

  const awake = (): Served | NotServed => {
    const served = pinned ?? compilation;
    return served === undefined ? notYet : serve(served);
  };

  const older = (version: BranchVersion): Served | NotServed => {
    const recalled = options.recall(version);
    if (typeof recalled !== "function") return { version: recalled.version, directory: currentSnapshot() };
    return {
      missing: "evicted",
      recompile: async () => ({ version: (await recalled()).version, directory: currentSnapshot() }),
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
      return versions;
    },
    get ledger() {
      return ledger;
    },
    get isOpen() {
      return isOpen;
    },
    get snapshot() {
      return currentSnapshot();
    },
    find(tag) {
      usedAt = options.clock.now();
      if (compilation !== undefined) options.used(branch);
      if (tag === undefined || tag === "latest") return newest();
      const current = pinned ?? compilation;
      if (current !== undefined && isTagOf(tag, current.version.id)) return serve(current);
      const known = versions.find(({ id }) => isTagOf(tag, id));
      return known === undefined ? noTag : older(known);
    },
    async merge() {
      const directory = options.mergeable();
      const seenBy = directory === options.directory() ? currentSnapshot() : snapshot(name, directory);
      const { merge, compiling } = await mergeOf(directory, seenBy);
      const recipe = [...merge.after.chosen.values()].map(options.source);
      await options.yieldToEventLoop();
      const own = offersFor(name, merge.view.directory);
      await options.yieldToEventLoop();
      compilation = merge.after;
      mergedOwn = own;
      const { accepted, owners } = merge.after.ledger;
      ledger = { ...ledger, accepted, owners };
      isOpen = isUnsettled(merge.view, compiling);
      keep(merge, compiling, recipe);
      options.merged(branch, merge, compiling);
    },
    tryOut: async (directory) => (await mergeOf(directory, snapshot(name, directory))).merge,
    adopt(next) {
      ledger = next;
    },
    pin(version) {
      pinned = version;
      const { version: _, ...rest } = ledger;
      ledger = version === undefined ? rest : { ...rest, version: version.version.id };
    },
    sleep() {
      compilation = undefined;
      answer = undefined;
      seen = undefined;
    },
    release() {
      compilation = undefined;
      answer = undefined;
      seen = undefined;
      versions = versions.slice(0, 1);
    },
  };
  return branch;
}

// What the same services publish for others does not concern it.
function offersFor(branch: string, directory: Directory): readonly Offer[] {
  return servicesOf(directory, branch).flatMap((name) => {
    const service = directory.services.get(name);
    return service === undefined
      ? []
      : effectiveOffers(service).filter(({ fragment }) => fragment?.branch === branch);
  });
}

// What is master's is settled by master's merges, which every branch that is awake follows.
function isUnsettled({ directory, branch }: View, { board, compilation }: Compiling): boolean {
  return [...compilation.refused.keys(), ...board.waiters()].some((name) => {
    const service = directory.services.get(name);
    return service !== undefined && publishesFor(service, branch);
  });
}

function statusOf({ type, state, fragment, findings }: Integration, at: number): IntegrationStatus {
  return {
    type,
    state,
    service: fragment.service,
    hash: fragment.hash,
    at: new Date(at).toISOString(),
    errors: findings
      .filter(({ severity }) => severity === "error")
      .map(({ code, jsonPath, message }) => `${code} ${jsonPath}: ${message}`),
  };
}
