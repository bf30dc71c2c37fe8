import type { ActionDescription } from "../../contracts/broker.ts";
import type { ActionEntry, DirectorySnapshot, ServiceEntry } from "../../contracts/directory.ts";
import type { JsonSchema } from "../../contracts/json.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import { memoize } from "../../runtime/memoize.ts";
import { type Directory, type DirectoryService, type Offer, ownOffers } from "./directory.ts";

/** One service as a branch sees it, with its actions by name. */
export interface BranchService {
  /** The entry. */
  readonly entry: ServiceEntry;
  /** Its actions by full name. */
  readonly actions: ReadonlyMap<string, ActionEntry>;
}

/** How many names that mean nothing a snapshot remembers as such. */
const mostUnknown = 1_000;

/**
 * What a branch sees of a directory (S9.7): for each service the nodes of the branch itself, else master's and those
 * without a fragment, never another branch's. Made in no time; entries are made when they are asked for.
 */
export function snapshot(branch: string, directory: Directory): DirectorySnapshot {
  const found = new Map<string, ActionEntry | undefined>();
  const of = (name: string): BranchService | undefined => {
    const service = directory.services.get(name);
    if (service === undefined) return undefined;
    return branchService(branch, service);
  };
  return {
    branch,
    action(name) {
      const known = found.get(name);
      if (known !== undefined || found.has(name)) return known;
      const entry = findAction(name, of);
      if (entry !== undefined || found.size < mostUnknown) found.set(name, entry);
      return entry;
    },
    service: (name) => of(name)?.entry,
    *services() {
      for (const name of directory.services.keys()) {
        const service = of(name);
        if (service !== undefined) yield service.entry;
      }
    },
  };
}

// Both parts of `chat.message.stream` may hold dots: the longest service name that has the action wins.
function findAction(
  name: string,
  of: (service: string) => BranchService | undefined,
): ActionEntry | undefined {
  for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
    const action = of(name.slice(0, dot))?.actions.get(name);
    if (action !== undefined) return action;
  }
  return undefined;
}

/** A service that did not change is the same for every branch that has no nodes of its own for it. */
const byBranch = memoize((_: DirectoryService) => new Map<string, BranchService>());

function branchService(branch: string, service: DirectoryService): BranchService {
  const view = service.offers.some(({ fragment }) => fragment?.branch === branch) ? branch : masterBranch;
  const branches = byBranch(service);
  const before = branches.get(view);
  if (before !== undefined) return before;
  const made = makeBranchService(view, service);
  branches.set(view, made);
  return made;
}

function makeBranchService(branch: string, service: DirectoryService): BranchService {
  const offers = eligible(branch, ownOffers(service));
  const up = offers.filter((offer) => offer.state === "up");
  const all = ownOffers(service).filter((offer) => offer.state === "up");
  const first = offers[0];
  const actions = new Map<string, ActionEntry>();
  for (const offer of up.length > 0 ? up : offers) {
    for (const action of offer.description.actions) {
      if (!actions.has(action.name))
        actions.set(action.name, actionEntry(service.name, offer, action, up, all));
    }
  }
  const broker = (first ?? service.offers[0])?.broker;
  if (broker === undefined)
    throw new TypeError(`The directory holds a service without offers: ${service.name}`);
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

function eligible(branch: string, offers: readonly Offer[]): readonly Offer[] {
  const own = offers.filter((offer) => offer.fragment?.branch === branch);
  if (own.length > 0 && branch !== masterBranch) return own;
  return offers.filter((offer) => offer.fragment === undefined || offer.fragment.branch === masterBranch);
}

function actionEntry(
  service: string,
  offer: Offer,
  action: ActionDescription,
  up: readonly Offer[],
  all: readonly Offer[],
): ActionEntry {
  const having = up.filter((other) => other.description.actions.some((one) => one.name === action.name));
  const params: JsonSchema | undefined = action.params;
  return {
    name: action.name,
    service,
    broker: offer.broker,
    ...(params === undefined ? {} : { params }),
    ...(action.description === undefined ? {} : { description: action.description }),
    published: action.published !== false,
    // Without constraint the broker balances by itself, which is cheaper than choosing for it.
    ...(having.length === all.length ? {} : { nodes: having.map((other) => other.node.id) }),
    state: having.length > 0 ? "up" : "gone",
  };
}
