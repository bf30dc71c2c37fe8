import type { Broker } from "../../contracts/broker.ts";
import type { Branch } from "../branches/branch.ts";
import type { Branches } from "../branches/branches.ts";
import type { GatewayStatus } from "../contract.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { FragmentStore } from "../discovery/fragment-store.ts";
import type { MergeQueue } from "../merge/merge-queue.ts";
import type { MergeTools } from "../merge/types.ts";
import { type CompiledVersion, isTagOf } from "../versions/compiled-version.ts";
import { recompileRecipe } from "../versions/version-cache.ts";
import type { AppliedPin } from "./applied-pin.ts";
import { createExchange, type ExchangeAnswers } from "./exchange.ts";
import { createRetainedFragments, type InheritanceOptions, inherit } from "./inherit.ts";
import type { LedgerData } from "./ledger.ts";
import { createPins, type Pins } from "./pins.ts";
import { createReconciliation } from "./reconcile.ts";

/** The agreement of this gateway with the others; see the head of this file. */
export interface Agreement {
  readonly pins: Pick<Pins, "pin" | "unpin">;
  /** Takes over ledgers and pins. Never rejects for a pin that no gateway can provide. */
  inherit(): Promise<void>;
  startServing(): void;
  compareSoon(): void;
  /** What every gateway serves, this one first. */
  gateways(): Promise<readonly GatewayStatus[]>;
}

/** The parts of the registry that gateways have to agree about. */
export interface AgreementOptions {
  readonly gateway: string;
  readonly brokers: readonly Broker[];
  readonly branches: Branches;
  readonly discovery: Discovery;
  readonly queue: MergeQueue;
  readonly tools: MergeTools;
  /** Called after a branch began to serve what it is pinned to, or its newest version again. */
  onSwap(branch: Branch, previous: CompiledVersion | undefined): void;
  /** Called after a pin was set or removed, here or on another gateway. */
  onPin(pin: AppliedPin): void;
}

/** Creates the agreement of a gateway that does not serve yet. */
export function createAgreement(options: AgreementOptions): Agreement {
  const { gateway, brokers, branches, discovery, queue, tools } = options;
  const { fragments, runtime } = tools;
  const { clock, logger, signal } = runtime;
  const serving: { since: number | undefined } = { since: undefined };
  const retained = createRetainedFragments();
  const answers = answersOf(options, serving, (pin) => pins.applyRemote(pin));
  const exchange = createExchange(brokers, answers);
  const inheritance: InheritanceOptions = {
    exchange,
    fragments,
    retain: retained.add,
    addRevisions: discovery.addRevisions,
    ensureBranch: branches.ensure,
    findBranch: branches.get,
    betweenMerges: queue.runExclusive,
  };
  const pins = createPins({
    gateway,
    clock,
    fragments,
    exchange,
    branch: branches.get,
    retain: retained.add,
    version: branches.version,
    recompile: (recipe) => queue.runExclusive(() => recompileRecipe(recipe, tools)),
    betweenMerges: queue.runExclusive,
    merge: branches.merge,
    onSwap: options.onSwap,
    onPin: options.onPin,
  });
  const isDisputed = (): boolean =>
    branches.all().some(({ compilation }) => (compilation?.refused.size ?? 0) > 0);
  const isAlone = !brokers.some(({ peers }) => peers);
  const dropUnpinned = (): void => retained.keepOnlyPinned(branches.all().map(({ ledger }) => ledger));
  const reconciliation = createReconciliation({
    clock,
    timers: runtime.timers,
    inheritance,
    ownLedgers: () => (isAlone ? undefined : answers.ledgers()),
    isDisputed,
    merge: async (changed) => {
      for (const branch of changed) queue.enqueue(branch, "now");
      await queue.settled();
      dropUnpinned();
    },
    onError: (error) => {
      if (!signal.aborted) logger.warn("The ledgers of the other gateways could not be compared.", error);
    },
  });

  return {
    pins,
    async inherit() {
      for (const [{ name }, id] of await inherit(inheritance))
        await pins.inherit(name, id).catch((error: unknown) => {
          const version = id.slice(0, 8);
          logger.warn(`Branch ${name} is pinned to version ${version}, which no gateway provides.`, error);
        });
    },
    startServing() {
      dropUnpinned();
      serving.since = clock.now();
      reconciliation.schedule();
    },
    compareSoon() {
      if (isDisputed()) reconciliation.schedule();
    },
    gateways: async () => [answers.versions(), ...(await exchange.versions())],
  };
}

/** What this gateway answers when other gateways ask. */
function answersOf(
  { gateway, branches, discovery, tools }: AgreementOptions,
  serving: { readonly since: number | undefined },
  applyPin: ExchangeAnswers["applyPin"],
): ExchangeAnswers {
  return {
    ledgers: (): LedgerData | undefined =>
      serving.since === undefined
        ? undefined
        : {
            contract: 1,
            gateway,
            since: serving.since,
            branches: new Map(branches.all().map(({ name, ledger }) => [name, ledger])),
            revisions: discovery.revisions(),
          },
    fragments: (hashes) => storedFragments(hashes, tools.fragments),
    recipe: (name, id) => recipeOf(branches.get(name), id),
    applyPin,
    versions: () => ({ gateway, versions: newestVersions(branches) }),
  };
}

function storedFragments(
  hashes: readonly string[],
  fragments: FragmentStore,
): ReturnType<ExchangeAnswers["fragments"]> {
  return hashes.flatMap((hash) => fragments.byHash(hash) ?? []);
}

function newestVersions(branches: Branches): GatewayStatus["versions"] {
  return Object.fromEntries(
    branches.all().flatMap((branch): [string, string][] => {
      const id = branch.served?.version.id ?? branch.versions[0]?.id;
      return id === undefined ? [] : [[branch.name, id]];
    }),
  );
}

// A branch can be pinned to a version of another gateway, which is not one of its own versions.
function recipeOf(branch: Branch | undefined, id: string): readonly string[] | undefined {
  const kept = branch?.versions.find((version) => isTagOf(id, version.id))?.recipe;
  if (kept !== undefined) return kept.map(({ hash }) => hash);
  const served = branch?.served;
  if (served === undefined || !isTagOf(id, served.version.id)) return undefined;
  return [...served.chosen.values()].map(({ hash }) => hash);
}
