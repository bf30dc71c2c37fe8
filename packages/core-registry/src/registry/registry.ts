/*
 * The registry wires the parts of the control plane (S9). A change of a service takes this way:
 *
 * 1. A broker reports the service to `discovery`, which compiles its fragment and updates the directory.
 * 2. `branches.directoryChanged` puts the branches that the change can affect into the `queue`.
 * 3. The queue merges them one at a time: `merge.ts` lists the steps of a merge.
 * 4. The branch serves the new version by one assignment; requests find it with `branches.find`.
 * 5. `merged` (below) emits the swap to the server, reports to the nodes that published the fragments, and
 *    lets `agreement` compare its ledgers with those of the other gateways.
 *
 * `createRegistry` constructs the parts in that order; `start` and `stop` below it are their life.
 */
import { hostname } from "node:os";
import { TidegateError } from "../contracts/errors.ts";
import type { Change, Report } from "../contracts/report.ts";
import { createEventHub } from "../runtime/event-hub.ts";
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
import { createFragmentStore } from "./discovery/fragment-store.ts";
import { publishedFragments } from "./discovery/view.ts";
import { type Agreement, createAgreement } from "./ledger/agreement.ts";
import { pinLogLine } from "./ledger/applied-pin.ts";
import { dryRun } from "./merge/dry-run.ts";
import { createFragmentStarts, type FragmentStarts } from "./merge/fragment-starts.ts";
import { createLateFragments } from "./merge/late-fragments.ts";
import { createMergeQueue, type MergeQueue } from "./merge/merge-queue.ts";
import type { MergeTools } from "./merge/types.ts";
import { disposePlugins, documentsOf, type LoadedPlugins, loadPlugins, startPlugins } from "./plugins.ts";
import { createReadiness, type Readiness } from "./readiness.ts";
import { createReporter } from "./reports/reporter.ts";
import { createRuntimeReports } from "./reports/runtime-reports.ts";
import { createListeners, createRuntime, type Listeners, type OwnedRuntime } from "./runtime.ts";
import type { CompiledVersion } from "./versions/compiled-version.ts";

/** Creates the registry of a gateway. Nothing runs before `start`. */
export function createRegistry(options: RegistryOptions): Registry {
  const gateway = options.gateway ?? `${hostname()}-${process.pid}`;
  const sender = { gateway, listening: options.listening ?? (() => []) };
  const runtime = createRuntime(options);
  const plugins = loadPlugins(options, runtime);
  const { brokers, protocols, policies, pluginFailed } = plugins;
  const reports = createListeners<Report>(runtime);
  const swaps = createListeners<VersionSwap>(runtime);
  const hub = createEventHub(brokers);
  const examples = createExamples(options.examples ?? {}, runtime.clock);
  const runtimeReports = createRuntimeReports(runtime.clock, (events) => reporter.runtimeEvents(events));
  const compiler = fragmentCompiler(options, plugins, examples, runtimeReports.add);
  const compile = (raw: unknown, service: string): Promise<CompiledFragment> =>
    compileFragment(raw, service, compiler, runtime.signal);

  const masterTable = new ClaimTable();
  const fragments = createFragmentStore({
    compile,
    inUse: (service) => fragmentsInUse(service, masterTable, discovery),
  });
  const queue = createMergeQueue({ runtime, fragmentsRead: () => discovery.read() });
  const starts = createFragmentStarts(runtime, pluginFailed);
  const tools: MergeTools = {
    protocols,
    policies,
    masterTable,
    fragments,
    runtime,
    starts,
    late: createLateFragments(runtime.clock),
    pluginFailed,
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
      readiness.update();
      reporter.merged(branch.name, merge);
      agreement.compareSoon();
    },
  });
  const discovery = createDiscovery({
    ...runtime,
    leftMs: (options.debounceSeconds ?? 2) * 1_000,
    lostMs: (options.lostSeconds ?? 15) * 1_000,
    compile: fragments.compile,
    pluginFailed,
    onEvent: hub.receive,
    onChange: (changed) => {
      branches.directoryChanged(changed);
      readiness.update();
    },
    onInvalidBranch: (fragment) => reporter.invalidBranch(fragment),
  });
  const reporter = createReporter({
    ...runtime,
    ...sender,
    directory: () => discovery.directory,
    branches: branches.all,
    onReport: reports.emit,
  });
  const agreement = createAgreement({
    gateway,
    brokers,
    branches,
    discovery,
    queue,
    tools,
    onSwap: (branch, previous) => {
      const { served } = branch;
      if (served !== undefined)
        emitSwap(swaps, branch, previous, served, difference(previous, served, tools));
    },
    onPin: (pin) => {
      runtime.logger.info(pinLogLine(pin));
      const { before, after } = pin;
      if (before === undefined || after === undefined || before === after) return;
      reporter.pinned(pin, { before, after, changes: difference(before, after, tools) });
    },
  });
  const readiness = createReadiness({
    ...runtime,
    brokers,
    readyAfterMs: (options.readyAfterSeconds ?? 30) * 1_000,
    expected: options.expect ?? [],
    isUp: (service) => branches.master.snapshot.service(service)?.state === "up",
    isMasterCompiled: () => branches.master.served !== undefined,
  });
  const stoppable = [queue, discovery, hub, runtimeReports, reporter, examples];
  const parts: Parts = {
    options,
    plugins,
    starts,
    runtime,
    discovery,
    queue,
    branches,
    agreement,
    readiness,
    stoppable,
  };
  let stopped: Promise<void> | undefined;

  return {
    start: () => start(parts),
    stop: () => {
      stopped ??= stop(parts);
      return stopped;
    },
    settled: () => settled(parts),
    find: branches.find,
    events: hub,
    contexts: plugins.contexts,
    examples,
    health: readiness.health,
    brokers: () => brokers.map(({ name, health }) => ({ broker: name, ...health?.() })),
    branches: () => branches.all().map((branch) => branchStatus(branch, discovery.directory)),
    difference: (before, after) => compareVersions(before, after, branches, tools),
    pin: agreement.pins.pin,
    unpin: agreement.pins.unpin,
    gateways: agreement.gateways,
    fragmentSchema: () => fragmentSchema(compiler),
    check: async (request) => {
      const fragment = await compile(onBranch(request), request.service);
      const name = fragment.branch ?? masterBranch;
      const branch = branches.get(name) ?? branches.draft(name);
      const { directory } = discovery;
      return await queue.runExclusive(() =>
        dryRun({ branch, directory, fragment, sender, broker: brokers[0] }),
      );
    },
    documents: (served) => documentsOf(served, protocols),
    onReport: reports.add,
    onSwap: swaps.add,
  };
}

/** The parts of a registry that its life uses. */
interface Parts {
  readonly options: RegistryOptions;
  readonly plugins: LoadedPlugins;
  readonly starts: FragmentStarts;
  readonly runtime: OwnedRuntime;
  readonly discovery: Discovery;
  readonly queue: MergeQueue;
  readonly branches: Branches;
  readonly agreement: Agreement;
  readonly readiness: Readiness;
  /** In the order in which they stop. */
  readonly stoppable: readonly { stop(): void }[];
}

async function start(parts: Parts): Promise<void> {
  const { options, plugins, runtime, discovery, queue, branches, agreement, readiness } = parts;
  await options.sandbox.start();
  await startPlugins(plugins);
  if (runtime.signal.aborted) return;
  const starts = plugins.brokers.map((broker, index) => broker.start(discovery.sink(broker, index)));
  await readiness.waitForDiscovery(starts);
  await discovery.read();
  if (runtime.signal.aborted) return;
  await agreement.inherit();
  queue.enqueue(branches.master, "now");
  for (const branch of branches.all()) queue.enqueue(branch, "later");
  queue.start();
  await settled(parts);
  agreement.startServing();
}

async function stop({ options, plugins, starts, runtime, readiness, stoppable }: Parts): Promise<void> {
  readiness.stop();
  runtime.stop();
  for (const part of stoppable) part.stop();
  const stops = await Promise.allSettled(plugins.brokers.map((broker) => broker.stop()));
  for (const result of stops) if (result.status === "rejected") plugins.pluginFailed(result.reason);
  await starts.stop();
  await disposePlugins(plugins);
  await options.sandbox.stop();
}

async function settled({ discovery, queue }: Pick<Parts, "discovery" | "queue">): Promise<void> {
  await discovery.settled();
  await queue.settled();
}

function fragmentCompiler(
  { sandbox, reserved = [] }: RegistryOptions,
  { protocols, policies, disabledPolicies, contexts, pluginFailed }: LoadedPlugins,
  examples: FragmentCompiler["examples"],
  reportRuntime: FragmentCompiler["reportRuntime"],
): FragmentCompiler {
  const ofGateway = ["/~", ...reserved].map((path) => ({ path, owner: "the gateway" }));
  const ofProtocols = protocols.flatMap(({ name, reserved: paths }) =>
    paths.map((path) => ({ path, owner: `the protocol ${name}` })),
  );
  return {
    protocols,
    policies,
    disabledPolicies,
    sandbox,
    contexts: contexts.map(({ name }) => name),
    missingIdentities: contexts.flatMap(({ name, authenticates }) => (authenticates === false ? [name] : [])),
    reserved: [...ofGateway, ...ofProtocols],
    foreignSources: new Set(protocols.flatMap(({ sources }) => Object.keys(sources))),
    ...(examples === undefined ? {} : { examples }),
    reportRuntime,
    pluginFailed,
  };
}

/**
 * The compiled fragments of a service that master serves or a node publishes: they are found here, not in a
 * cache.
 */
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
