import { hostname } from "node:os";
import type { Broker } from "../contracts/broker.ts";
import { type Clock, systemClock } from "../contracts/clock.ts";
import { type Logger, silentLogger } from "../contracts/logger.ts";
import type { CheckRequest, Mounted, Registry, RegistryOptions } from "../contracts/registry.ts";
import type { Report } from "../contracts/report.ts";
import type { GatewayHealth, NotServed } from "../contracts/server.ts";
import { TidegateError } from "../errors.ts";
import { createHub } from "../events/hub.ts";
import { branchPattern, masterBranch, reservedNames } from "../fragment/fragment.ts";
import { fragmentSchema } from "../fragment/json-schema.ts";
import type { FragmentPlugins } from "../fragment/read.ts";
import { runtimeReports } from "../reporting/runtime.ts";
import { type Branch, createBranch, type Merge } from "./branch.ts";
import { compile } from "./compile.ts";
import { compileFragment, type FragmentCompiler } from "./compile-fragment.ts";
import { difference } from "./difference.ts";
import { createDiscovery } from "./discovery.ts";
import { judge } from "./judge.ts";
import { createListeners } from "./listeners.ts";
import { createMessenger } from "./messenger.ts";
import { createReadiness } from "./readiness.ts";
import { branchStatus } from "./status.ts";
import { overlay } from "./try-out.ts";

const noBranch: NotServed = { missing: "branch" };
const starting: NotServed = { missing: "starting" };
const mostBranches = 10_000;

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
  const reports = createListeners<Report>(logger);
  const mounts = createListeners<Mounted>(logger);
  const branches = new Map<string, Branch>();
  const releasing = new Set<Branch>();
  const ended = new AbortController();
  const runtime = runtimeReports(clock, (happenings) => messenger.happened(happenings));
  const compiler: FragmentCompiler = {
    ...plugins,
    sandbox: options.sandbox,
    contexts: options.contexts.map(({ name }) => name),
    reserved: [
      "/~",
      ...(options.reserved ?? []),
      ...options.protocols.flatMap(({ reserved }) => reserved ?? []),
    ],
    happened: runtime.happened,
  };

  const ensureBranch = (name: string): Branch | undefined => {
    const known = branches.get(name);
    if (known !== undefined) return known;
    if (!branchPattern.test(name) || reservedNames.includes(name) || branches.size >= mostBranches)
      return undefined;
    const made = createBranch(name, {
      clock,
      maxVersions: options.maxVersions ?? 10,
      directory: () => discovery.directory,
      compile: (view, ledger, previous, snapshot) =>
        compile(view, ledger, {
          protocols: options.protocols,
          judge: (fragment) => judge(fragment, snapshot),
          previous,
          logger,
          signal: ended.signal,
        }),
      difference: (before, after) => difference(before, after, options.protocols),
      merged,
      failed: (branch, error) =>
        logger.error(`The branch ${branch.name} could not be merged; what it served goes on.`, error),
    });
    branches.set(name, made);
    return made;
  };

  const merged = (branch: Branch, merge: Merge): void => {
    if (merge.before?.version !== merge.after.version) {
      mounts.tell({
        branch: branch.name,
        version: merge.after.version,
        before: merge.before?.version,
        changes: merge.changes,
      });
    }
    messenger.merged(branch.name, merge);
    releaseIfUnused(branch);
  };

  const releaseIfUnused = (branch: Branch): void => {
    if (branch.name === masterBranch || releasing.has(branch) || showsOwn(branch)) return;
    releasing.add(branch);
    const unusedMs = (options.maxUnusedSeconds ?? 1_800) * 1_000;
    clock.after(unusedMs, () => {
      releasing.delete(branch);
      if (showsOwn(branch)) return;
      if (clock.now() - branch.usedAt >= unusedMs) branches.delete(branch.name);
      else releaseIfUnused(branch);
    });
  };

  const changed = (touched: readonly string[] | "all" | "none"): void => {
    const names = touched === "none" ? [] : touched === "all" ? [...branches.keys()] : touched;
    for (const name of names) ensureBranch(name)?.merge();
    if (touched !== "none") return;
    // Something that a refused fragment asked for may have come.
    for (const branch of branches.values()) if ((branch.compilation?.refused.size ?? 0) > 0) branch.merge();
  };

  const hub = createHub(options.brokers);
  const discovery = createDiscovery({
    event: hub.receive,
    clock,
    logger,
    leftMs: (options.debounceSeconds ?? 2) * 1_000,
    lostMs: (options.lostSeconds ?? 15) * 1_000,
    compile: (raw, service) => compileFragment(raw, service, compiler, ended.signal),
    changed,
  });
  const messenger = createMessenger({
    gateway,
    logger,
    directory: () => discovery.directory,
    branches: () => branches.values(),
    reported: reports.tell,
  });
  const readiness = createReadiness(options.brokers, clock, (options.readyAfterSeconds ?? 30) * 1_000);

  const master = (): Branch => {
    const branch = ensureBranch(masterBranch);
    if (branch === undefined) throw new TypeError("The branch master cannot be missing.");
    return branch;
  };

  const settled = async (): Promise<void> => {
    await discovery.settled();
    await Promise.all([...branches.values()].map((branch) => branch.settled()));
  };

  const check = async (request: CheckRequest): Promise<Report> => {
    const raw = request.branch === undefined ? request.fragment : onBranch(request.fragment, request.branch);
    const fragment = await compileFragment(raw, request.service, compiler, ended.signal);
    const name = fragment.branch ?? masterBranch;
    const branch = branches.get(name) ?? createTrial(name);
    return overlay({ branch, directory: discovery.directory, fragment, gateway, broker: options.brokers[0] });
  };

  // A branch that does not exist yet is tried on one that nobody sees.
  const createTrial = (name: string): Branch => {
    const before = branches.get(name);
    const trial = ensureBranch(name);
    if (before === undefined) branches.delete(name);
    if (trial === undefined) throw new TidegateError("BRANCH_UNKNOWN", `\`${name}\` cannot be a branch.`);
    return trial;
  };

  const startBrokers = async (): Promise<void> => {
    const starts = options.brokers.map((broker: Broker, index) =>
      broker.start(discovery.sink(broker, index)),
    );
    await readiness.wait(starts);
    await settled();
  };

  const health = (): GatewayHealth =>
    readiness.health({
      expected: options.expect ?? [],
      isThere: (service) => master().snapshot.service(service)?.state === "up",
      isCompiled: branches.get(masterBranch)?.compilation !== undefined,
    });

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    readiness.stopping();
    ended.abort();
    discovery.stop();
    hub.stop();
    runtime.stop();
    await Promise.allSettled(options.brokers.map((broker) => broker.stop()));
    await Promise.allSettled([...options.protocols, ...options.policies].map((plugin) => plugin.dispose?.()));
    await options.sandbox.stop();
  };

  return {
    async start() {
      await options.sandbox.start();
      master().merge();
      await startBrokers();
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
    find: (branch, tag) => branches.get(branch)?.find(tag) ?? (branch === masterBranch ? starting : noBranch),
    events: hub,
    health,
    branches: () => [...branches.values()].map((branch) => branchStatus(branch, discovery.directory)),
    difference: async () => {
      throw new TidegateError("VERSION_UNKNOWN");
    },
    pin: async () => {
      throw new TidegateError("VERSION_UNKNOWN");
    },
    unpin: async () => {
      throw new TidegateError("VERSION_UNKNOWN");
    },
    gateways: async () => [],
    fragmentSchema: () => fragmentSchema(plugins),
    check,
    onReport: reports.add,
    onMount: mounts.add,
    settled,
  };
}

function showsOwn(branch: Branch): boolean {
  return [...(branch.compilation?.chosen.values() ?? [])].some((fragment) => fragment.branch === branch.name);
}

function onBranch(fragment: unknown, branch: string): unknown {
  return fragment !== null && typeof fragment === "object" && !Array.isArray(fragment)
    ? { ...fragment, branch }
    : fragment;
}
