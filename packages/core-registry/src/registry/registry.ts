import { hostname } from "node:os";
import { TidegateError } from "../contracts/errors.ts";
import type { Change, Report } from "../contracts/report.ts";
import { createHub } from "../runtime/event-hub.ts";
import { createExamples } from "../runtime/examples.ts";
import { masterBranch } from "../runtime/fragment/fragment.ts";
import { fragmentSchema } from "../runtime/fragment/json-schema.ts";
import type { Branch } from "./branches/branch.ts";
import { type Branches, createBranches } from "./branches/branches.ts";
import { branchStatus } from "./branches/status.ts";
import { ClaimTable } from "./claims/claim-table.ts";
import type {
  CheckRequest,
  Registry,
  RegistryOptions,
  VersionDifference,
  VersionName,
  VersionSwap,
} from "./contract.ts";
import { difference } from "./difference/difference.ts";
import {
  type CompiledFragment,
  compileFragment,
  type FragmentCompiler,
} from "./discovery/compile-fragment.ts";
import { createDiscovery, type Discovery } from "./discovery/discovery.ts";
import { createFragments } from "./discovery/fragment-store.ts";
import { publishedFragments } from "./discovery/view.ts";
import { createExchange } from "./ledger/exchange.ts";
import { type InheritanceOptions, inherit } from "./ledger/inherit.ts";
import { createPeerAnswers } from "./ledger/peer-answers.ts";
import { createPins, type Pins } from "./ledger/pins.ts";
import { createHeirlooms, createReconciling, type Heirlooms } from "./ledger/reconcile.ts";
import { dryRun } from "./merge/dry-run.ts";
import { createMergeQueue, type MergeQueue } from "./merge/merge-queue.ts";
import type { MergeTools } from "./merge/types.ts";
import { createReadiness } from "./readiness.ts";
import { createMessenger } from "./reports/reporter.ts";
import { runtimeReports } from "./reports/runtime-reports.ts";
import { createListeners, createRuntime, type Listeners, type OwnedRuntime } from "./runtime.ts";
import type { CompiledVersion } from "./versions/compiled-version.ts";
import { recompileRecipe } from "./versions/recompile.ts";

/**
 * Creates the registry of a gateway (S9). Nothing runs before `start`. The flow of a change, from top to bottom:
 *
 * 1. A broker reports a service to `discovery`, which compiles its fragment and updates the directory.
 * 2. `branches.directoryChanged` enqueues the branches that the change can affect.
 * 3. `queue` merges them one at a time (`merge.ts`), and the branch serves the new version.
 * 4. `afterMerge` emits the swap, reports to the nodes, and compares ledgers with the other gateways.
 */
export function createRegistry(options: RegistryOptions): Registry {
  const { brokers, protocols, policies, disabledPolicies = [], sandbox } = options;
  const gateway = options.gateway ?? `${hostname()}-${process.pid}`;
  const runtime = createRuntime(options);
  const { clock, logger, signal } = runtime;
  const reports = createListeners<Report>(runtime);
  const swaps = createListeners<VersionSwap>(runtime);
  const serving: { since: number | undefined } = { since: undefined };

  const hub = createHub(brokers);
  const examples = createExamples(options.examples ?? {}, clock);
  const runtimeEvents = runtimeReports(clock, (events) => reporter.happened(events));
  const compiler: FragmentCompiler = {
    protocols,
    policies,
    disabledPolicies,
    sandbox,
    contexts: options.contexts.map(({ name }) => name),
    reserved: ["/~", ...(options.reserved ?? []), ...protocols.flatMap(({ reserved }) => reserved ?? [])],
    examples,
    happened: runtimeEvents.happened,
  };
  const compile = (raw: unknown, service: string): Promise<CompiledFragment> =>
    compileFragment(raw, service, compiler, signal);

  const masterTable = new ClaimTable();
  const fragments = createFragments({
    compile,
    inUse: (service) => fragmentsInUse(service, masterTable, discovery),
  });
  const queue = createMergeQueue({ runtime, fragmentsRead: () => discovery.settled() });
  const tools: MergeTools = {
    protocols,
    policies,
    masterTable,
    fragments,
    runtime,
    breakingChanges: new Map(Object.entries(options.breakingChanges ?? {})),
    masterVersion: () => branches.master.compilation,
  };
  const branches: Branches = createBranches({
    tools,
    queue,
    directory: () => discovery.directory,
    maxVersions: options.maxVersions ?? 10,
    maxCompiled: options.maxCompiled ?? 20,
    unusedMs: (options.maxUnusedSeconds ?? 1_800) * 1_000,
    merged: (branch, merge) => {
      const isPinned = branch.ledger.version !== undefined;
      if (!isPinned) emitSwap(swaps, branch, merge.before, merge.after, merge.changes);
      reporter.merged(branch.name, merge);
      reconciling.soon();
    },
  });
  const discovery = createDiscovery({
    ...runtime,
    leftMs: (options.debounceSeconds ?? 2) * 1_000,
    lostMs: (options.lostSeconds ?? 15) * 1_000,
    compile: fragments.compile,
    event: hub.receive,
    changed: branches.directoryChanged,
    unplaced: (fragment) => reporter.unplaced(fragment),
  });
  const reporter = createMessenger({
    ...runtime,
    gateway,
    directory: () => discovery.directory,
    branches: branches.all,
    reported: reports.emit,
  });

  const retained = createHeirlooms();
  const answers = createPeerAnswers({
    gateway,
    branches,
    discovery,
    fragments,
    serving,
    followPin: (pin) => pins.follow(pin),
  });
  const exchange = createExchange(brokers, answers);
  const inheritance: InheritanceOptions = {
    exchange,
    fragments,
    keep: retained.keep,
    learn: discovery.learn,
    branch: branches.ensure,
    known: branches.get,
    between: queue.runExclusive,
  };
  const pins = createPins({
    gateway,
    clock,
    branch: branches.get,
    fragments,
    exchange,
    keep: retained.keep,
    recall: branches.version,
    recompile: (recipe) => queue.runExclusive(() => recompileRecipe(recipe, tools)),
    between: queue.runExclusive,
    merge: branches.merge,
    mounted: (branch, previous) => {
      const { served } = branch;
      if (served !== undefined)
        emitSwap(swaps, branch, previous, served, difference(previous, served, tools));
    },
  });
  const isAlone = !brokers.some(({ peers }) => peers);
  const reconciling = createReconciling({
    ...runtime,
    inheritance,
    own: () => (isAlone ? undefined : answers.ledgers()),
    isDisputed: () => branches.all().some(({ compilation }) => (compilation?.refused.size ?? 0) > 0),
    merge: async (differing) => {
      for (const branch of differing) queue.enqueue(branch, "now");
      await queue.settled();
      keepPinned(retained, branches);
    },
    failed: (error) => {
      if (!signal.aborted) logger.warn("The ledgers of the other gateways could not be compared.", error);
    },
  });
  const readiness = createReadiness(brokers, runtime, (options.readyAfterSeconds ?? 30) * 1_000);

  const settled = async (): Promise<void> => {
    await discovery.settled();
    await queue.settled();
  };

  const start = async (): Promise<void> => {
    await sandbox.start();
    if (signal.aborted) return;
    const starts = brokers.map((broker, index) => broker.start(discovery.sink(broker, index)));
    await readiness.waitForDiscovery(starts);
    await discovery.settled();
    if (signal.aborted) return;
    await mergeFirst({ branches, queue, pins, runtime, inheritance });
    await settled();
    keepPinned(retained, branches);
    serving.since = clock.now();
    reconciling.soon();
  };

  const stop = async (): Promise<void> => {
    readiness.stop();
    runtime.stop();
    for (const part of [queue, discovery, hub, runtimeEvents, reporter, examples]) part.stop();
    await Promise.allSettled(brokers.map((broker) => broker.stop()));
    await Promise.allSettled([...protocols, ...policies].map((plugin) => plugin.dispose?.()));
    await sandbox.stop();
  };
  let stopped: Promise<void> | undefined;

  return {
    start,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    settled,
    find: branches.find,
    events: hub,
    examples,
    health: () =>
      readiness.health({
        expected: options.expect ?? [],
        isUp: (service) => branches.master.snapshot.service(service)?.state === "up",
        isMasterCompiled: branches.master.served !== undefined,
      }),
    branches: () => branches.all().map((branch) => branchStatus(branch, discovery.directory)),
    difference: (before, after) => compareVersions(before, after, branches, tools),
    pin: pins.pin,
    unpin: pins.unpin,
    gateways: async () => [answers.versions(), ...(await exchange.versions())],
    fragmentSchema: () => fragmentSchema(compiler),
    check: async (request) => {
      const fragment = await compile(onBranch(request), request.service);
      const name = fragment.branch ?? masterBranch;
      const branch = branches.get(name) ?? branches.draft(name);
      const { directory } = discovery;
      return await queue.runExclusive(() =>
        dryRun({ branch, directory, fragment, gateway, broker: brokers[0] }),
      );
    },
    onReport: reports.add,
    onSwap: swaps.add,
  };
}

/** The compiled fragments of a service that master serves or a node publishes: they are found here, not in a cache. */
function* fragmentsInUse(
  service: string,
  masterTable: ClaimTable,
  { directory }: Pick<Discovery, "directory">,
): Iterable<CompiledFragment> {
  const served = masterTable.chosen(service);
  if (served !== undefined) yield served;
  yield* publishedFragments(directory, service);
}

function emitSwap(
  swaps: Listeners<VersionSwap>,
  { name }: Branch,
  previous: CompiledVersion | undefined,
  { version }: CompiledVersion,
  changes: readonly Change[],
): void {
  if (previous?.version === version) return;
  swaps.emit({ branch: name, version, previous: previous?.version, changes });
}

/** The first merge of a gateway that starts: it takes over the ledgers and pins of the others before it merges (S9.4). */
async function mergeFirst(parts: {
  readonly branches: Branches;
  readonly queue: MergeQueue;
  readonly pins: Pins;
  readonly runtime: OwnedRuntime;
  readonly inheritance: InheritanceOptions;
}): Promise<void> {
  const { branches, queue, pins, runtime, inheritance } = parts;
  const pinned = await inherit(inheritance);
  queue.enqueue(branches.master, "now");
  for (const branch of branches.all()) queue.enqueue(branch, "later");
  for (const [{ name }, id] of pinned)
    await pins.follow({ branch: name, to: id, at: 0, by: "" }).catch((error: unknown) => {
      runtime.logger.warn(
        `Branch ${name} is pinned to version ${id.slice(0, 8)}, which no gateway could provide. It serves its newest.`,
        error,
      );
    });
  queue.start();
}

function keepPinned(retained: Heirlooms, branches: Branches): void {
  retained.keepPinnedAlone(branches.all().map(({ ledger }) => ledger));
}

async function compareVersions(
  before: VersionName,
  after: VersionName,
  branches: Branches,
  tools: MergeTools,
): Promise<VersionDifference> {
  const [previous, next] = [await versionOf(before, branches), await versionOf(after, branches)];
  const changes = difference(previous, next, tools);
  return {
    before: { branch: before.branch, tag: previous.version.name },
    after: { branch: after.branch, tag: next.version.name },
    level: changes[0]?.level ?? "none",
    changes,
  };
}

async function versionOf({ branch: name, tag }: VersionName, branches: Branches): Promise<CompiledVersion> {
  const branch = branches.get(name);
  if (branch === undefined) throw new TidegateError("BRANCH_UNKNOWN", `There is no branch \`${name}\`.`);
  const version = await branches.version(branch, tag);
  if (version !== undefined) return version;
  throw new TidegateError("VERSION_UNKNOWN", `The branch \`${name}\` has no version \`${tag}\`.`);
}

function onBranch({ fragment, branch }: CheckRequest): unknown {
  const isObject = fragment !== null && typeof fragment === "object" && !Array.isArray(fragment);
  return branch !== undefined && isObject ? { ...fragment, branch } : fragment;
}
