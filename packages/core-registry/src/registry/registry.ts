import { hostname } from "node:os";
import { type Clock, systemClock } from "../contracts/clock.ts";
import { TidegateError } from "../contracts/errors.ts";
import { type Logger, silentLogger } from "../contracts/logger.ts";
import type { Change, Report } from "../contracts/report.ts";
import type { GatewayHealth, NotServed } from "../contracts/server.ts";
import { createEventHub } from "../runtime/event-hub.ts";
import { createExamples } from "../runtime/examples.ts";
import { masterBranch } from "../runtime/fragment/fragment.ts";
import { fragmentSchema } from "../runtime/fragment/json-schema.ts";
import type { FragmentPlugins } from "../runtime/fragment/read.ts";
import { createYield } from "../runtime/yield.ts";
import type { Branch } from "./branches/branch.ts";
import { createBranches } from "./branches/branches.ts";
import { branchStatus } from "./branches/status.ts";
import { Board } from "./claims/claim-table.ts";
import type { CheckRequest, Registry, RegistryOptions, VersionName, VersionSwap } from "./contract.ts";
import { difference } from "./difference/difference.ts";
import {
  type CompiledFragment,
  compileFragment,
  type FragmentCompiler,
} from "./discovery/compile-fragment.ts";
import { createDiscovery } from "./discovery/discovery.ts";
import { createFragments } from "./discovery/fragment-store.ts";
import { publishedFragments } from "./discovery/view.ts";
import { createExchange } from "./ledger/exchange.ts";
import { type InheritanceOptions, inherit } from "./ledger/inherit.ts";
import type { LedgerData } from "./ledger/ledger.ts";
import { createPins } from "./ledger/pins.ts";
import { createHeirlooms, createReconciling } from "./ledger/reconcile.ts";
import { createBranchCompiler } from "./merge/compile-branch.ts";
import { overlay } from "./merge/dry-run.ts";
import { createMerges } from "./merge/merge-queue.ts";
import { createReadiness } from "./readiness.ts";
import { createMessenger } from "./reports/reporter.ts";
import { runtimeReports } from "./reports/runtime-reports.ts";
import { createListeners, createTimers } from "./runtime.ts";
import { type CompiledVersion, isTagOf } from "./versions/compiled-version.ts";

const noBranch: NotServed = { missing: "branch" };

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
  const mounts = createListeners<VersionSwap>(logger);
  const ended = new AbortController();
  const { signal } = ended;
  const timers = createTimers(clock);
  const runtime = runtimeReports(clock, (happenings) => messenger.happened(happenings));
  const yieldToEventLoop = createYield();
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
  const heirlooms = createHeirlooms();
  let since: number | undefined;

  function* fragmentsInUse(service: string): Iterable<CompiledFragment> {
    const placed = board.chosen(service);
    if (placed !== undefined) yield placed;
    yield* publishedFragments(discovery.directory, service);
  }

  const merges = createMerges({
    quiet: () => discovery.settled(),
    failed: (branch, error) =>
      logger.error(`The branch ${branch.name} could not be merged; what it served goes on.`, error),
  });
  const branchCompiler = createBranchCompiler({
    board,
    fragments,
    protocols,
    policies: options.policies,
    breakingChanges: options.breakingChanges ?? {},
    near: () => branches.master().compilation,
    logger,
    signal,
    yieldToEventLoop,
  });
  const mounted = (
    { name: branch }: Branch,
    before: CompiledVersion | undefined,
    { version }: CompiledVersion,
    changes: readonly Change[],
  ): void => {
    if (before?.version !== version) mounts.tell({ branch, version, previous: before?.version, changes });
  };

  const branches = createBranches({
    clock,
    timers,
    yieldToEventLoop,
    board,
    merges,
    compiler: branchCompiler,
    fragments,
    directory: () => discovery.directory,
    maxVersions: options.maxVersions ?? 10,
    maxCompiled: options.maxCompiled ?? 20,
    unusedMs: (options.maxUnusedSeconds ?? 1_800) * 1_000,
    merged: (branch, merge) => {
      const isHeld = branch.ledger.version !== undefined;
      if (!isHeld) mounted(branch, merge.before, merge.after, merge.changes);
      messenger.merged(branch.name, merge);
      reconciling.soon();
    },
  });

  const hub = createEventHub(options.brokers);
  const discovery = createDiscovery({
    event: hub.receive,
    clock,
    logger,
    leftMs: (options.debounceSeconds ?? 2) * 1_000,
    lostMs: (options.lostSeconds ?? 15) * 1_000,
    compile: fragments.compile,
    yieldToEventLoop,
    changed: branches.changed,
    unplaced: (fragment) => messenger.unplaced(fragment),
  });
  const messenger = createMessenger({
    gateway,
    logger,
    clock,
    directory: () => discovery.directory,
    branches: branches.all,
    reported: reports.tell,
  });
  const readiness = createReadiness(options.brokers, clock, (options.readyAfterSeconds ?? 30) * 1_000);

  const ownVersions = (): { gateway: string; versions: Record<string, string> } => ({
    gateway,
    versions: Object.fromEntries(
      branches.all().flatMap((branch): [string, string][] => {
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
          branches: new Map(branches.all().map(({ name, ledger }) => [name, ledger])),
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
    keep: heirlooms.keep,
    learn: discovery.learn,
    branch: branches.ensure,
    known: branches.get,
    between: merges.between,
  };

  const pins = createPins({
    gateway,
    clock,
    branch: branches.get,
    fragments,
    exchange,
    keep: heirlooms.keep,
    recall: branches.version,
    recompile: (recipe) => merges.between(() => branchCompiler.recompile(recipe)),
    between: merges.between,
    merge: branches.merge,
    mounted: (branch, before) => {
      const { served } = branch;
      if (served !== undefined) mounted(branch, before, served, difference(before, served, options));
    },
  });

  const keepPinnedAlone = (): void => heirlooms.keepPinnedAlone(branches.all().map(({ ledger }) => ledger));

  const isAlone = !options.brokers.some(({ peers }) => peers);
  const reconciling = createReconciling({
    clock,
    timers,
    inheritance,
    own: () => (isAlone ? undefined : ownLedgers()),
    isDisputed: () => branches.all().some(({ compilation }) => (compilation?.refused.size ?? 0) > 0),
    merge: async (differing) => {
      for (const branch of differing) merges.want(branch, "now");
      await merges.settled();
      keepPinnedAlone();
    },
    failed: (error) => {
      if (!signal.aborted) logger.warn("The other gateways could not be asked.", error);
    },
  });

  const settled = async (): Promise<void> => {
    await discovery.settled();
    await merges.settled();
  };

  const check = async (request: CheckRequest): Promise<Report> => {
    const raw = request.branch === undefined ? request.fragment : onBranch(request.fragment, request.branch);
    const fragment = await compileFragment(raw, request.service, compiler, signal);
    const name = fragment.branch ?? masterBranch;
    // A branch that does not exist yet is tried on one that nobody sees.
    const branch = branches.get(name) ?? branches.draft(name);
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
    merges.want(branches.master(), "now");
    for (const branch of branches.all()) merges.want(branch, "later");
    for (const [branch, id] of held)
      await pins.follow({ branch: branch.name, to: id, at: 0, by: "" }).catch((error: unknown) => {
        logger.warn(`The branch ${branch.name} is held at a version that is not known here.`, error);
      });
    merges.begin();
    await settled();
    keepPinnedAlone();
    since = clock.now();
    reconciling.soon();
  };

  const health = (): GatewayHealth =>
    readiness.health({
      expected: options.expect ?? [],
      isThere: (service) => branches.master().snapshot.service(service)?.state === "up",
      isCompiled: branches.master().served !== undefined,
    });

  const demand = async ({ branch: name, tag }: VersionName): Promise<CompiledVersion> => {
    const branch = branches.get(name);
    if (branch === undefined) throw new TidegateError("BRANCH_UNKNOWN", `There is no branch \`${name}\`.`);
    const version = await branches.version(branch, tag);
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
    timers.stop();
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
    find: (branch, tag) => branches.get(branch)?.find(tag) ?? noBranch,
    events: hub,
    examples,
    health,
    branches: () => branches.all().map((branch) => branchStatus(branch, discovery.directory)),
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
    onSwap: mounts.add,
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

function onBranch(fragment: unknown, branch: string): unknown {
  return fragment !== null && typeof fragment === "object" && !Array.isArray(fragment)
    ? { ...fragment, branch }
    : fragment;
}
