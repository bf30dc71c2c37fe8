import type { ActionDescription } from "../../contracts/broker.ts";
import type { ActionEntry, DirectorySnapshot, ServiceEntry } from "../../contracts/directory.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import { memoize } from "../../runtime/memoize.ts";
import { type Directory, type DirectoryService, effectiveOffers, type Offer } from "./directory.ts";

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
  const byBranch = branchServices(service);
  const known = byBranch.get(usedBranch);
  if (known !== undefined) return known;
  const created = createBranchService(usedBranch, service);
  byBranch.set(usedBranch, created);
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
