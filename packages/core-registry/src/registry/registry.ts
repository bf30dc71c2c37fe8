import { hostname } from "node:os";
import { type Clock, systemClock } from "../contracts/clock.ts";
import { type Logger, silentLogger } from "../contracts/logger.ts";
import type {
  BreakingChanges,
  CheckRequest,
  Mounted,
  Registry,
  RegistryOptions,
  VersionName,
} from "../contracts/registry.ts";
import type { Report } from "../contracts/report.ts";
import type { GatewayHealth, NotServed } from "../contracts/server.ts";
import type { CompiledVersion } from "../difference/compiled-version.ts";
import { difference } from "../difference/difference.ts";
import { TidegateError } from "../errors.ts";
import { createHub } from "../events/hub.ts";
import { createExamples } from "../examples/examples.ts";
import { branchPattern, masterBranch, reservedNames } from "../fragment/fragment.ts";
import { fragmentSchema } from "../fragment/json-schema.ts";
import type { FragmentPlugins } from "../fragment/read.ts";
import { runtimeReports } from "../reporting/runtime.ts";
import { createAwake } from "./awake.ts";
import { Board } from "./board.ts";
import { type Branch, createBranch, type Merge } from "./branch.ts";
import { type Compiling, compile } from "./compile.ts";
import { type CompiledFragment, compileFragment, type FragmentCompiler } from "./compile-fragment.ts";
import { createDiscovery } from "./discovery.ts";
import { createExchange } from "./exchange.ts";
import { createFragments, type Source } from "./fragments.ts";
import { type InheritanceOptions, inherit, reconcile } from "./inheritance.ts";
import { judge } from "./judge.ts";
import type { Ledger } from "./ledger.ts";
import type { LedgerData } from "./ledger-data.ts";
import { createListeners } from "./listeners.ts";
import { createMerges } from "./merges.ts";
import { createMessenger } from "./messenger.ts";
import { createPace } from "./pace.ts";
import { createPins } from "./pins.ts";
import { createReadiness } from "./readiness.ts";
import { createRecall } from "./recall.ts";
import { recompile } from "./recompile.ts";
import { branchStatus } from "./status.ts";
import { isTagOf } from "./tag.ts";
import { overlay } from "./try-out.ts";
import { publishedFragments, servicesOf, type View } from "./view.ts";

const noBranch: NotServed = { missing: "branch" };
const starting: NotServed = { missing: "starting" };
const mostBranches = 10_000;
/** How long gateways that may disagree wait before they look at each other: milliseconds. */
const reconcileMs = 1_000;
/** How long they wait at the most while nothing changes: milliseconds. */
const longestReconcileMs = 30_000;

/** Makes a registry. Nothing happens until `start`. */
export function createRegistry(options: RegistryOptions): Registry {
  const clock: Clock = options.clock ?? systemClock;
  const logger: Logger = options.logger ?? silentLogger;
  const gateway = options.gateway ?? `${hostname()}-${process.pid}`;
  const plugins: FragmentPlugins = {
    protocols: options.protocols,
    policies: options.policies,
    disabledPolicies: options.disabledPolicies ?? [],
  };
  const { protocols } = options;
  const reports = createListeners<Report>(logger);
  const mounts = createListeners<Mounted>(logger);
  const branches = new Map<string, Branch>();
  const releasing = new Set<Branch>();
  const timers = new Set<() => void>();
  const ended = new AbortController();
  const { signal } = ended;
  const runtime = runtimeReports(clock, (happenings) => messenger.happened(happenings));
  const pace = createPace();
  const examples = createExamples(options.examples ?? {}, clock);
  const compiler: FragmentCompiler = {
    ...plugins,
    sandbox: options.sandbox,
    contexts: options.contexts.map(({ name }) => name),
    reserved: ["/~", ...(options.reserved ?? []), ...protocols.flatMap(({ reserved }) => reserved ?? [])],
    examples,
    happened: runtime.happened,
  };
  const fragments = createFragments({
    compile: (raw, service) => compileFragment(raw, service, compiler, signal),
    inUse: fragmentsInUse,
  });
  /** Where master's fragments are placed; every merge begins here. */
  const board = new Board();
  /** Fragments that history names, and that nobody may publish any more. */
  const heirlooms = new Map<string, Source>();
  let since: number | undefined;

  const master = (): Branch => {
    const branch = ensureBranch(masterBranch);
    if (branch === undefined) throw new TypeError("The branch master cannot be missing.");
    return branch;
  };

  function* fragmentsInUse(service: string): Iterable<CompiledFragment> {
    const placed = board.chosen(service);
    if (placed !== undefined) yield placed;
    yield* publishedFragments(discovery.directory, service);
  }

  /** For who is not in a merge: the board must not change meanwhile. */
  const reviveBetween = (recipe: readonly Source[]): Promise<CompiledVersion> =>
    merges.between(() => revive(recipe));

  const near = (): CompiledVersion | undefined => branches.get(masterBranch)?.compilation;

  const revive = async (recipe: readonly Source[]): Promise<CompiledVersion> => {
    const revived: CompiledFragment[] = [];
    for (const source of recipe) {
      const fragment = fragments.revive(source);
      revived.push(fragment instanceof Promise ? await fragment : fragment);
      await pace();
    }
    return await recompile(revived, { base: board, protocols, near: near(), logger, signal, pace });
  };

  // The ledger may name fragments that are compiled no more.
  const lastGoodOf = async (
    view: View,
    ledger: Ledger,
    previous: CompiledVersion | undefined,
  ): Promise<Map<string, CompiledFragment>> => {
    const wanted: (readonly [service: string, hash: string])[] = [];
    const want = (hash: string | null, service: string): void => {
      const candidates = view.candidates(service);
      if (hash !== null && candidates.length > 0 && candidates[0]?.fragment.hash !== hash)
        wanted.push([service, hash]);
    };
    ledger.accepted.forEach(want);
    ledger.pins.forEach(want);
    const found = new Map<string, CompiledFragment>();
    for (const [service, hash] of wanted) {
      const served = previous?.chosen.get(service);
      const source = served?.hash === hash ? undefined : fragments.find(service, hash);
      if (served?.hash === hash) found.set(hash, served);
      else if (source !== undefined) found.set(hash, await fragments.revive(source));
    }
    return found;
  };

  const acceptedOf = (
    view: View,
    ledger: Ledger,
    lastGood: ReadonlyMap<string, CompiledFragment>,
  ): Promise<CompiledVersion> => {
    const accepted = [...view.directory.services.keys()].flatMap((service) => {
      const known = ledger.accepted.get(service);
      const hash = known === undefined ? board.chosen(service)?.hash : known;
      if (typeof hash !== "string") return [];
      const published = view.candidates(service).find(({ fragment }) => fragment.hash === hash);
      return published?.fragment ?? lastGood.get(hash) ?? [];
    });
    return recompile(accepted, { base: board, protocols, near: near(), logger, signal, pace });
  };

  // A branch may be called `constructor`.
  const guardOf = (branch: string): BreakingChanges => {
    const guards = new Map(Object.entries(options.breakingChanges ?? {}));
    return guards.get(branch) ?? guards.get("*") ?? "warn";
  };

  const compileBranch = async (
    view: View,
    ledger: Ledger,
    previous: CompiledVersion | undefined,
    snapshot: Branch["snapshot"],
  ): Promise<Compiling> => {
    const lastGood = await lastGoodOf(view, ledger, previous);
    await pace();
    const guard = guardOf(view.branch);
    // A gateway that starts compares with what the ledger says was accepted.
    const isBlind = previous === undefined && guard === "block" && ledger.accepted.size > 0;
    const before = isBlind ? await acceptedOf(view, ledger, lastGood) : previous;
    return await compile({
      view,
      ledger,
      base: board,
      previous: before,
      fork: near(),
      protocols,
      breakingChanges: guard,
      judge: (fragment) => judge(fragment, snapshot),
      lastGood: (_service, hash) => lastGood.get(hash),
      difference: (before, after) => difference(before, after, options),
      logger,
      signal,
      pace,
    });
  };

  const ensureBranch = (name: string): Branch | undefined => {
    const known = branches.get(name);
    if (known !== undefined) return known;
    if (!branchPattern.test(name) || reservedNames.includes(name) || branches.size >= mostBranches)
      return undefined;
    const made = makeBranch(name);
    branches.set(name, made);
    return made;
  };

  const makeBranch = (name: string): Branch =>
    createBranch(name, {
      clock,
      maxVersions: options.maxVersions ?? 10,
      pace,
      directory: () => discovery.directory,
      // While master waits to be merged, others follow what it was merged from: it decides first.
      mergeable: () =>
        name !== masterBranch && merges.isWanted(master()) ? board.directory : discovery.directory,
      compile: compileBranch,
      recompile: revive,
      recall: recall.recall,
      wake: mergeNow,
      used: touch,
      source: fragments.source,
      merged,
    });

  const awake = createAwake(options.maxCompiled ?? 20);
  const recall = createRecall(awake, reviveBetween);
  const touch = (branch: Branch): void => {
    if (branch.name !== masterBranch) awake.used(`branch ${branch.name}`, branch.sleep);
  };

  const merged = (branch: Branch, merge: Merge, compiling: Compiling): void => {
    if (branch.name === masterBranch) {
      compiling.board.commit(merge.view.directory);
      // Also where no service changed: a pin ended, or other gateways said who holds what.
      if (merge.before?.version !== merge.after.version) followMaster();
    }
    if (isRedocumented(merge, compiling)) recall.forget();
    const isHeld = branch.ledger.version !== undefined;
    if (!isHeld && merge.before?.version !== merge.after.version) {
      const { version } = merge.after;
      mounts.tell({ branch: branch.name, version, before: merge.before?.version, changes: merge.changes });
    }
    if (merge.view.directory !== discovery.directory && merges.isWanted(master()))
      merges.want(branch, "later");
    touch(branch);
    messenger.merged(branch.name, merge);
    releaseIfUnused(branch);
    reconcileSoon();
  };

  // What was accepted is kept by the versions that hold it.
  const keepPinnedAlone = (): void => {
    const pinned = new Set([...branches.values()].flatMap(({ ledger }) => [...ledger.pins.values()]));
    for (const hash of heirlooms.keys()) if (!pinned.has(hash)) heirlooms.delete(hash);
  };

  const hasOwn = (branch: Branch): boolean => servicesOf(discovery.directory, branch.name).length > 0;

  const after = (ms: number, run: () => void): void => {
    if (signal.aborted) return;
    const cancel = clock.after(ms, () => {
      timers.delete(cancel);
      run();
    });
    timers.add(cancel);
  };

  const releaseIfUnused = (branch: Branch): void => {
    if (branch.name === masterBranch || releasing.has(branch)) return;
    releasing.add(branch);
    const unusedMs = (options.maxUnusedSeconds ?? 1_800) * 1_000;
    const left = Math.min(unusedMs, Math.max(0, branch.usedAt + unusedMs - clock.now()));
    after(branch.usedAt === 0 ? unusedMs : left, () => {
      releasing.delete(branch);
      if (clock.now() - branch.usedAt < unusedMs) releaseIfUnused(branch);
      else if (hasOwn(branch)) branch.release();
      else if (branches.get(branch.name) === branch) branches.delete(branch.name);
    });
  };

  const merges = createMerges({
    quiet: () => discovery.settled(),
    failed: (branch, error) =>
      logger.error(`The branch ${branch.name} could not be merged; what it served goes on.`, error),
  });

  const mergeNow = async (branch: Branch): Promise<void> => {
    merges.want(branch, "now");
    await merges.merged(branch);
  };

  const followMaster = (): void => {
    for (const branch of branches.values())
      if (branch.name !== masterBranch && (branch.compilation !== undefined || branch.isOpen))
        merges.want(branch, "later");
  };

  const changed = (touched: readonly string[]): void => {
    // Something that a refused fragment asked for may have come.
    if (touched.length === 0)
      for (const branch of branches.values()) if (branch.isOpen) merges.want(branch, "now");
    if (touched.includes(masterBranch)) {
      merges.want(master(), "now");
      followMaster();
    }
    for (const name of touched) {
      const branch = ensureBranch(name);
      if (branch !== undefined) merges.want(branch, "now");
    }
  };

  const hub = createHub(options.brokers);
  const discovery = createDiscovery({
    event: hub.receive,
    clock,
    logger,
    leftMs: (options.debounceSeconds ?? 2) * 1_000,
    lostMs: (options.lostSeconds ?? 15) * 1_000,
    compile: fragments.compile,
    pace,
    changed,
    unplaced: (fragment) => messenger.unplaced(fragment),
  });
  const messenger = createMessenger({
    gateway,
    logger,
    clock,
    directory: () => discovery.directory,
    branches: () => branches.values(),
    reported: reports.tell,
  });
  const readiness = createReadiness(options.brokers, clock, (options.readyAfterSeconds ?? 30) * 1_000);

  const ownVersions = (): { gateway: string; versions: Record<string, string> } => ({
    gateway,
    versions: Object.fromEntries(
      [...branches.values()].flatMap((branch): [string, string][] => {
        const id = branch.served?.version.id ?? branch.versions[0]?.id;
        return id === undefined ? [] : [[branch.name, id]];
      }),
    ),
  });
  const ownLedgers = (): LedgerData | undefined =>
    since === undefined
      ? undefined
      : {
          contract: 1,
          gateway,
          since,
          branches: new Map([...branches.values()].map(({ name, ledger }) => [name, ledger])),
          revisions: discovery.revisions(),
        };

  const exchange = createExchange(options.brokers, {
    ledgers: ownLedgers,
    fragments: (hashes) => hashes.flatMap((hash) => fragments.byHash(hash) ?? []),
    recipe: (name, id) => recipeOf(branches.get(name), id),
    pinned: (pin) => pins.follow(pin),
    versions: ownVersions,
  });
  const inheritance: InheritanceOptions = {
    exchange,
    fragments,
    keep: (source) => void heirlooms.set(source.hash, source),
    learn: discovery.learn,
    branch: ensureBranch,
    known: (name) => branches.get(name),
    between: merges.between,
  };

  const recallTag = async (branch: Branch, tag: string): Promise<CompiledVersion | undefined> => {
    if (branch.served === undefined && branch.versions.length > 0) await mergeNow(branch);
    const { served } = branch;
    if (tag === "latest" || (served !== undefined && isTagOf(tag, served.version.id))) return served;
    const known = branch.versions.find(({ id }) => isTagOf(tag, id));
    if (known === undefined) return undefined;
    const recalled = recall.recall(known);
    return typeof recalled === "function" ? await recalled() : recalled;
  };

  const pins = createPins({
    gateway,
    clock,
    branch: (name) => branches.get(name),
    fragments,
    exchange,
    keep: inheritance.keep,
    recall: recallTag,
    recompile: reviveBetween,
    between: merges.between,
    merge: mergeNow,
    mounted: (branch, before) => {
      const { served } = branch;
      if (served === undefined || served.version === before?.version) return;
      mounts.tell({
        branch: branch.name,
        version: served.version,
        before: before?.version,
        changes: difference(before, served, options),
      });
    },
  });

  const isDisputed = (): boolean =>
    [...branches.values()].some(({ compilation }) => (compilation?.refused.size ?? 0) > 0);
  let reconcilesAt = Number.POSITIVE_INFINITY;
  const reconcileSoon = (ms = reconcileMs): void => {
    const at = clock.now() + ms;
    if (at >= reconcilesAt || since === undefined || !options.brokers.some(({ peers }) => peers)) return;
    if (!isDisputed()) return;
    reconcilesAt = at;
    after(ms, () => {
      if (reconcilesAt !== at) return;
      reconcilesAt = Number.POSITIVE_INFINITY;
      reconcileNow(ms).catch((error: unknown) => {
        if (!signal.aborted) logger.warn("The other gateways could not be asked.", error);
      });
    });
  };
  // What the others say after a merge of theirs, they say soon; what nobody changes is looked at ever less.
  const reconcileNow = async (waited: number): Promise<void> => {
    const own = ownLedgers();
    if (own === undefined) return;
    const differing = await reconcile(own, inheritance);
    for (const branch of differing) merges.want(branch, "now");
    await merges.settled();
    keepPinnedAlone();
    reconcileSoon(differing.length > 0 ? reconcileMs : Math.min(waited * 2, longestReconcileMs));
  };

  const settled = async (): Promise<void> => {
    await discovery.settled();
    await merges.settled();
  };

  const check = async (request: CheckRequest): Promise<Report> => {
    const raw = request.branch === undefined ? request.fragment : onBranch(request.fragment, request.branch);
    const fragment = await compileFragment(raw, request.service, compiler, signal);
    const name = fragment.branch ?? masterBranch;
    // A branch that does not exist yet is tried on one that nobody sees.
    const branch = branches.get(name) ?? makeBranch(name);
    const directory = discovery.directory;
    return await merges.between(() =>
      overlay({ branch, directory, fragment, gateway, broker: options.brokers[0] }),
    );
  };

  const startBrokers = async (): Promise<void> => {
    const starts = options.brokers.map((broker, index) => broker.start(discovery.sink(broker, index)));
    await readiness.wait(starts);
    await discovery.settled();
  };

  const begin = async (): Promise<void> => {
    const held = await inherit(inheritance);
    merges.want(master(), "now");
    for (const branch of branches.values()) merges.want(branch, "later");
    for (const [branch, id] of held)
      await pins.follow({ branch: branch.name, to: id, at: 0, by: "" }).catch((error: unknown) => {
        logger.warn(`The branch ${branch.name} is held at a version that is not known here.`, error);
      });
    merges.begin();
    await settled();
    keepPinnedAlone();
    since = clock.now();
    reconcileSoon();
  };

  const health = (): GatewayHealth =>
    readiness.health({
      expected: options.expect ?? [],
      isThere: (service) => master().snapshot.service(service)?.state === "up",
      isCompiled: branches.get(masterBranch)?.served !== undefined,
    });

  const demand = async ({ branch: name, tag }: VersionName): Promise<CompiledVersion> => {
    const branch = branches.get(name);
    if (branch === undefined) throw new TidegateError("BRANCH_UNKNOWN", `There is no branch \`${name}\`.`);
    const version = await recallTag(branch, tag);
    if (version !== undefined) return version;
    throw new TidegateError("VERSION_UNKNOWN", `The branch \`${name}\` has no version \`${tag}\`.`);
  };

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    readiness.stopping();
    ended.abort();
    merges.stop();
    discovery.stop();
    hub.stop();
    runtime.stop();
    messenger.stop();
    examples.stop();
    for (const cancel of timers) cancel();
    timers.clear();
    await Promise.allSettled(options.brokers.map((broker) => broker.stop()));
    await Promise.allSettled([...protocols, ...options.policies].map((plugin) => plugin.dispose?.()));
    await options.sandbox.stop();
  };

  return {
    async start() {
      await options.sandbox.start();
      if (signal.aborted) return;
      await startBrokers();
      if (!signal.aborted) await begin();
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
    find: (branch, tag) => branches.get(branch)?.find(tag) ?? (branch === masterBranch ? starting : noBranch),
    events: hub,
    examples,
    health,
    branches: () => [...branches.values()].map((branch) => branchStatus(branch, discovery.directory)),
    async difference(before, after) {
      const [one, other] = [await demand(before), await demand(after)];
      const changes = difference(one, other, options);
      return {
        before: { branch: before.branch, tag: one.version.name },
        after: { branch: after.branch, tag: other.version.name },
        level: changes[0]?.level ?? "none",
        changes,
      };
    },
    pin: pins.pin,
    unpin: pins.unpin,
    gateways: async () => [ownVersions(), ...(await exchange.versions())],
    fragmentSchema: () => fragmentSchema(plugins),
    check,
    onReport: reports.add,
    onMount: mounts.add,
    settled,
  };
}

// What a branch is held at need not be one of its own versions: another gateway's may be.
function recipeOf(branch: Branch | undefined, id: string): readonly string[] | undefined {
  const kept = branch?.versions.find((version) => isTagOf(id, version.id))?.recipe;
  if (kept !== undefined) return kept.map(({ hash }) => hash);
  const served = branch?.served;
  if (served === undefined || !isTagOf(id, served.version.id)) return undefined;
  return [...served.chosen.values()].map(({ hash }) => hash);
}

/** Whether fragments are others now that are equal but for their documentation. */
function isRedocumented({ before, after }: Merge, { touched }: Compiling): boolean {
  return [...touched].some((service) => {
    const [old, young] = [before?.chosen.get(service), after.chosen.get(service)];
    return old !== young && old?.hash === young?.hash;
  });
}

function onBranch(fragment: unknown, branch: string): unknown {
  return fragment !== null && typeof fragment === "object" && !Array.isArray(fragment)
    ? { ...fragment, branch }
    : fragment;
}
