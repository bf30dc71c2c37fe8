import { hostname } from "node:os";
import { type Clock, systemClock } from "../contracts/clock.ts";
import { type Logger, silentLogger } from "../contracts/logger.ts";
import type { CheckRequest, Mounted, Registry, RegistryOptions, VersionName } from "../contracts/registry.ts";
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
import { overlay } from "./try-out.ts";
import { servicesOf, type View } from "./view.ts";

const noBranch: NotServed = { missing: "branch" };
const starting: NotServed = { missing: "starting" };
const mostBranches = 10_000;
/** How long gateways that may disagree wait before they look at each other: milliseconds. */
const reconcileMs = 1_000;

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
  const fragments = createFragments((raw, service) => compileFragment(raw, service, compiler, signal));
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
  const lastGoodOf = async (view: View, ledger: Ledger): Promise<Map<string, CompiledFragment>> => {
    const found = new Map<string, CompiledFragment>();
    for (const [service, hash] of [...ledger.accepted, ...ledger.pins]) {
      const candidates = view.candidates(service);
      if (hash === null || candidates.length === 0 || candidates[0]?.fragment.hash === hash) continue;
      const source = fragments.find(service, hash);
      if (source !== undefined) found.set(hash, await fragments.revive(source));
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

  const compileBranch = async (
    view: View,
    ledger: Ledger,
    previous: CompiledVersion | undefined,
    snapshot: Branch["snapshot"],
  ): Promise<Compiling> => {
    const lastGood = await lastGoodOf(view, ledger);
    const guard = options.breakingChanges?.[view.branch] ?? options.breakingChanges?.["*"] ?? "warn";
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
      directory: () => discovery.directory,
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
    }
    const isHeld = branch.ledger.version !== undefined;
    if (!isHeld && merge.before?.version !== merge.after.version) {
      const { version } = merge.after;
      mounts.tell({ branch: branch.name, version, before: merge.before?.version, changes: merge.changes });
    }
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

  const hasOwn = (branch: Branch): boolean => {
    for (const _ of servicesOf(discovery.directory, branch.name)) return true;
    return false;
  };

  const releaseIfUnused = (branch: Branch): void => {
    if (branch.name === masterBranch || releasing.has(branch)) return;
    releasing.add(branch);
    const unusedMs = (options.maxUnusedSeconds ?? 1_800) * 1_000;
    const left = Math.min(unusedMs, Math.max(0, branch.usedAt + unusedMs - clock.now()));
    clock.after(branch.usedAt === 0 ? unusedMs : left, () => {
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

  const changed = (touched: readonly string[] | "all" | "none"): void => {
    if (touched === "none") {
      // Something that a refused fragment asked for may have come.
      for (const branch of branches.values()) if (branch.isOpen) merges.want(branch, "now");
      return;
    }
    if (touched !== "all") {
      for (const name of touched) {
        const branch = ensureBranch(name);
        if (branch !== undefined) merges.want(branch, "now");
      }
      return;
    }
    merges.want(master(), "now");
    for (const branch of branches.values())
      if (branch.compilation !== undefined || branch.isOpen) merges.want(branch, "later");
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
        };

  const exchange = createExchange(options.brokers, {
    ledgers: ownLedgers,
    fragments: (hashes) => hashes.flatMap((hash) => fragments.byHash(hash) ?? []),
    recipe: (name, id) =>
      branches
        .get(name)
        ?.versions.find((version) => version.id === id)
        ?.recipe.map(({ hash }) => hash),
    pinned: (pin) => pins.follow(pin),
    versions: ownVersions,
  });
  const inheritance: InheritanceOptions = {
    exchange,
    fragments,
    keep: (source) => void heirlooms.set(source.hash, source),
    branch: ensureBranch,
  };

  const recallTag = async (branch: Branch, tag: string): Promise<CompiledVersion | undefined> => {
    if (branch.served === undefined && branch.versions.length > 0) await mergeNow(branch);
    const { served } = branch;
    if (tag === "latest" || served?.version.id.startsWith(tag)) return served;
    const known = branch.versions.find(({ id }) => id.startsWith(tag));
    if (known === undefined) return undefined;
    const recalled = recall.recall(known);
    return typeof recalled === "function" ? await recalled() : recalled;
  };

  const pins = createPins({
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
  let reconciling = false;
  const reconcileSoon = (): void => {
    if (reconciling || since === undefined || !options.brokers.some(({ peers }) => peers) || !isDisputed())
      return;
    reconciling = true;
    clock.after(reconcileMs, () => {
      reconciling = false;
      if (!signal.aborted)
        reconcileNow().catch((error: unknown) =>
          logger.warn("The other gateways could not be asked.", error),
        );
    });
  };
  const reconcileNow = async (): Promise<void> => {
    const own = ownLedgers();
    if (own === undefined) return;
    const differing = await merges.between(() => reconcile(own, inheritance));
    for (const branch of differing) merges.want(branch, "now");
    await merges.settled();
    keepPinnedAlone();
    reconcileSoon();
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
      await pins.follow({ branch: branch.name, to: id }).catch((error: unknown) => {
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
    await Promise.allSettled(options.brokers.map((broker) => broker.stop()));
    await Promise.allSettled([...protocols, ...options.policies].map((plugin) => plugin.dispose?.()));
    await options.sandbox.stop();
  };

  return {
    async start() {
      await options.sandbox.start();
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

function onBranch(fragment: unknown, branch: string): unknown {
  return fragment !== null && typeof fragment === "object" && !Array.isArray(fragment)
    ? { ...fragment, branch }
    : fragment;
}
