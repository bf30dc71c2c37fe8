import type { ActionDescription } from "../../contracts/broker.ts";
import type { ActionEntry, DirectorySnapshot, ServiceEntry } from "../../contracts/directory.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import { memoize } from "../../runtime/memoize.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import { type Directory, type DirectoryService, effectiveOffers, type Offer } from "./directory.ts";

/** The fragments of a directory that a branch can use (S9.1). */
export interface View {
  readonly branch: string;
  readonly directory: Directory;
  /**
   * The fragments of a service, in the order in which the branch tries them: those published for the branch,
   * newest first, then those of master. Empty where the service publishes neither.
   */
  candidates(service: string): readonly Candidate[];
}

/** A fragment that a branch can use. */
export interface Candidate {
  readonly fragment: CompiledFragment;
  /** The lowest revision with which the fragment was seen. Higher is newer (S9.2). */
  readonly revision: number;
  /** The nodes that publish the fragment, including nodes that are gone but not removed yet. */
  readonly nodes: readonly string[];
  /** Those of the nodes that receive calls of other branches too (S13.1). */
  readonly exposed: readonly string[];
}

/** Creates the view that a branch has of a directory. Pure: the view depends on the arguments only. */
export function view(branch: string, directory: Directory): View {
  return {
    branch,
    directory,
    candidates(name) {
      const service = directory.services.get(name);
      return service === undefined ? noCandidates : candidatesOf(service, branch);
    },
  };
}

/**
 * Whether a service publishes a fragment for a branch, also where its last node is gone but not removed yet.
 */
export function publishesFor(service: DirectoryService, branch: string): boolean {
  return candidatesByBranch(service).has(branch);
}

/** The names of the services that publish a fragment for a branch. */
export function servicesOf({ services }: Directory, branch: string): string[] {
  const names: string[] = [];
  services.forEach((service, name) => {
    if (publishesFor(service, branch)) names.push(name);
  });
  return names;
}

/**
 * All fragments that the nodes of a service publish. Of equal ones that with the newest documentation comes
 * first.
 */
export function* publishedFragments({ services }: Directory, name: string): Iterable<CompiledFragment> {
  const service = services.get(name);
  if (service === undefined) return;
  for (const candidates of candidatesByBranch(service).values())
    for (const { fragment } of candidates) yield fragment;
  for (const { fragment } of service.offers) if (fragment !== undefined) yield fragment;
}

const noCandidates: readonly Candidate[] = [];

function candidatesOf(service: DirectoryService, branch: string): readonly Candidate[] {
  const byBranch = candidatesByBranch(service);
  return byBranch.get(branch) ?? byBranch.get(masterBranch) ?? noCandidates;
}

/** Memoized, since a service that did not change has the same candidates in every new directory. */
const candidatesByBranch = memoize((service: DirectoryService): ReadonlyMap<string, readonly Candidate[]> => {
  const sorted = new Map<string, readonly Candidate[]>();
  for (const [branch, drafts] of draftsByBranch(service)) sorted.set(branch, sortDrafts(service, drafts));
  const master = sorted.get(masterBranch) ?? noCandidates;
  for (const [branch, own] of sorted) if (branch !== masterBranch) sorted.set(branch, [...own, ...master]);
  return sorted;
});

/** A candidate that is being collected from the offers of several nodes. */
interface Draft {
  fragment: CompiledFragment;
  /** The revision whose documentation `fragment` has. */
  documented: number;
  readonly nodes: string[];
  readonly exposed: string[];
}

/** Collects the candidates of a service by branch, then by hash. */
function draftsByBranch(service: DirectoryService): ReadonlyMap<string, ReadonlyMap<string, Draft>> {
  const byBranch = new Map<string, Map<string, Draft>>();
  for (const { fragment, node, description } of effectiveOffers(service)) {
    if (fragment?.branch === undefined) continue;
    const drafts = byBranch.get(fragment.branch) ?? new Map<string, Draft>();
    byBranch.set(fragment.branch, drafts);
    const { revision = 0 } = description;
    const draft = drafts.get(fragment.hash) ?? { fragment, documented: revision, nodes: [], exposed: [] };
    drafts.set(fragment.hash, draft);
    // Equal fragments differ in their documentation only: the newest counts (S1.4).
    if (revision > draft.documented) Object.assign(draft, { fragment, documented: revision });
    draft.nodes.push(node.id);
    if (description.exposed === true) draft.exposed.push(node.id);
  }
  return byBranch;
}

function sortDrafts(service: DirectoryService, drafts: ReadonlyMap<string, Draft>): readonly Candidate[] {
  return [...drafts.values()]
    .map(({ documented: _, ...draft }) => ({
      ...draft,
      revision: service.revisions.get(draft.fragment.hash) ?? 0,
    }))
    .sort(newestFirst);
}

function newestFirst(one: Candidate, other: Candidate): number {
  return other.revision - one.revision || (one.fragment.hash > other.fragment.hash ? -1 : 1);
}

/** A service as a branch calls it. */
export interface BranchService {
  readonly entry: ServiceEntry;
  /** The actions of the service by their full names. */
  readonly actions: ReadonlyMap<string, ActionEntry>;
}

/** How many names of actions that do not exist a snapshot remembers. */
const maxUnknown = 1_000;

/**
 * Creates the snapshot of a directory that requests of a branch use (S9.7). A service is called on the nodes
 * of the branch, else on those of master and those without a fragment, never on those of other branches.
 * Entries are created on demand.
 */
export function snapshot(branch: string, directory: Directory): DirectorySnapshot {
  const known = new Map<string, ActionEntry | undefined>();
  const serviceOf = (name: string): BranchService | undefined => {
    const service = directory.services.get(name);
    return service === undefined ? undefined : branchService(branch, service);
  };
  return {
    branch,
    action(name) {
      const entry = known.get(name);
      if (entry !== undefined || known.has(name)) return entry;
      const found = findAction(name, serviceOf);
      if (found !== undefined || known.size < maxUnknown) known.set(name, found);
      return found;
    },
    service: (name) => serviceOf(name)?.entry,
    *services() {
      for (const name of directory.services.keys()) {
        const service = serviceOf(name);
        if (service !== undefined) yield service.entry;
      }
    },
  };
}

// The names of services and actions can contain dots (`chat.message.stream`): the longest service name wins.
function findAction(
  name: string,
  serviceOf: (service: string) => BranchService | undefined,
): ActionEntry | undefined {
  for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
    const action = serviceOf(name.slice(0, dot))?.actions.get(name);
    if (action !== undefined) return action;
  }
  return undefined;
}

/**
 * The branch services of a service by branch. All branches without nodes of their own share the one of
 * master.
 */
const branchServices = memoize((_: DirectoryService) => new Map<string, BranchService>());

function branchService(branch: string, service: DirectoryService): BranchService {
  const hasOwnNodes = service.offers.some(({ fragment }) => fragment?.branch === branch);
  const usedBranch = hasOwnNodes ? branch : masterBranch;
  const servicesByBranch = branchServices(service);
  const known = servicesByBranch.get(usedBranch);
  if (known !== undefined) return known;
  const created = createBranchService(usedBranch, service);
  servicesByBranch.set(usedBranch, created);
  return created;
}

function createBranchService(branch: string, service: DirectoryService): BranchService {
  const effective = effectiveOffers(service);
  const offers = callableOffers(branch, effective);
  const up = offers.filter(isUp);
  const allUp = effective.filter(isUp);
  const actions = new Map<string, ActionEntry>();
  for (const offer of up.length > 0 ? up : offers) {
    for (const action of offer.description.actions) {
      if (!actions.has(action.name))
        actions.set(action.name, actionEntry(service.name, offer, action, up, allUp));
    }
  }
  const broker = (offers[0] ?? service.offers[0])?.broker;
  if (broker === undefined) throw new TypeError(`Service ${service.name} has no offers in the directory.`);
  return {
    actions,
    entry: {
      name: service.name,
      broker,
      actions: [...actions.values()],
      events: [...new Set(up.flatMap((offer) => offer.description.events))],
      nodes: up.map((offer) => offer.node.id),
      state: up.length > 0 ? "up" : "gone",
    },
  };
}

/**
 * The offers that a branch calls: those of its own nodes, else those of master and those without a fragment.
 */
function callableOffers(branch: string, offers: readonly Offer[]): readonly Offer[] {
  const own = offers.filter((offer) => offer.fragment?.branch === branch);
  if (own.length > 0 && branch !== masterBranch) return own;
  return offers.filter((offer) => offer.fragment === undefined || offer.fragment.branch === masterBranch);
}

function isUp({ state }: Offer): boolean {
  return state === "up";
}

function actionEntry(
  service: string,
  { broker }: Offer,
  { name, params, description, published }: ActionDescription,
  up: readonly Offer[],
  allUp: readonly Offer[],
): ActionEntry {
  const providers = up.filter((offer) => offer.description.actions.some((action) => action.name === name));
  return {
    name,
    service,
    broker,
    ...(params === undefined ? {} : { params }),
    ...(description === undefined ? {} : { description }),
    published: published !== false,
    // Without a list of nodes the broker balances by itself, which is faster.
    ...(providers.length === allUp.length ? {} : { nodes: providers.map((offer) => offer.node.id) }),
    state: providers.length > 0 ? "up" : "gone",
  };
}

/**
 * The services that differ between an older directory and a view. What they publish for other branches does
 * not count.
 */
export function changedServices(
  before: Directory,
  { branch, directory: after }: Pick<View, "branch" | "directory">,
): string[] {
  if (before === after) return [];
  const changed: string[] = [];
  after.services.forEach((service, name) => {
    if (!isSameOn(branch, before.services.get(name), service)) changed.push(name);
  });
  before.services.forEach((_, name) => {
    if (!after.services.has(name)) changed.push(name);
  });
  return changed;
}

// What a service publishes for other branches does not affect this one.
function isSameOn(branch: string, before: DirectoryService | undefined, after: DirectoryService): boolean {
  if (before === after || before === undefined) return before === after;
  const [older, newer] = [offersOn(before, branch), offersOn(after, branch)];
  return older.length === newer.length && older.every((offer, index) => offer === newer[index]);
}

function offersOn(service: DirectoryService, branch: string): readonly Offer[] {
  return effectiveOffers(service).filter(
    ({ fragment }) =>
      fragment === undefined || fragment.branch === branch || fragment.branch === masterBranch,
  );
}
