import { type CallRequest, masterBranch, TidegateError } from "@tidegate/core-registry";
import type { ServiceBroker } from "moleculer";
import { type Place, placeOf } from "./service-name.ts";
import { variantOf } from "./variant.ts";

/** What one attempt of a call goes to. */
export interface Target {
  /** Moleculer's name of the action: `player~preview.get`. */
  readonly action: string;
  /** The action's own name: `player.get`. */
  readonly called: string;
  /** The node; undefined: Moleculer balances. */
  readonly nodeID: string | undefined;
  /** The node as the core knows it, where one was chosen. */
  readonly place: string | undefined;
}

/** Chooses where calls go. */
export interface Targets {
  /** Where the next attempt of a call on a branch goes. @throws `ACTION_UNAVAILABLE`, not dispatched */
  next(branch: string, request: CallRequest, tried: readonly string[]): Target;
  /** Whether there is another node than those that were tried. */
  left(branch: string, request: CallRequest, tried: readonly string[]): boolean;
}

/**
 * Chooses the nodes of calls (S9.7, S13.1): round robin over those named, since Moleculer balances over all nodes or over
 * none, and never one of another branch; without names the branch's own variant of the service where there is one, else
 * the plain service.
 */
export function createTargets(broker: ServiceBroker): Targets {
  const places = new WeakMap<readonly string[], readonly Place[]>();
  let turn = 0;

  const placesOf = (nodes: readonly string[]): readonly Place[] => {
    const known = places.get(nodes);
    if (known !== undefined) return known;
    const made = nodes.map((id) => placeOf(id, (node) => broker.registry.nodes.get(node) !== undefined));
    places.set(nodes, made);
    return made;
  };

  const isThere = (action: string, node: string): boolean =>
    broker.registry.getActionEndpointByNodeId(action, node)?.isAvailable ?? false;

  const actionAt = (action: string, branch: string, place: Place): string | undefined => {
    if (place.branch === undefined) return isThere(action, place.node) ? action : undefined;
    return place.branch === branch ? variantOf(broker, action, branch, place.node) : undefined;
  };

  const named = (
    branch: string,
    action: string,
    nodes: readonly string[],
    tried: readonly string[],
  ): Target | undefined => {
    const all = placesOf(nodes);
    turn = (turn + 1) % Number.MAX_SAFE_INTEGER;
    for (let index = 0; index < all.length; index++) {
      const place = all[(turn + index) % all.length];
      if (place === undefined || tried.includes(place.id)) continue;
      const there = actionAt(action, branch, place);
      if (there !== undefined) return { action: there, called: action, nodeID: place.node, place: place.id };
    }
    return undefined;
  };

  const onBranch = (branch: string, action: string): string =>
    branch === masterBranch ? action : (variantOf(broker, action, branch) ?? action);

  const another = (branch: string, action: string, tried: readonly string[]): Target | undefined => {
    const there = onBranch(branch, action);
    const endpoints = broker.registry.getActionEndpoints(there)?.endpoints ?? [];
    const free = endpoints.filter(({ id, isAvailable }) => isAvailable && !tried.includes(id));
    turn = (turn + 1) % Number.MAX_SAFE_INTEGER;
    const id = free[turn % free.length]?.id;
    return id === undefined ? undefined : { action: there, called: action, nodeID: id, place: id };
  };

  const choose = (branch: string, { action, nodes }: CallRequest, tried: readonly string[]) =>
    nodes === undefined ? another(branch, action, tried) : named(branch, action, nodes, tried);

  return {
    next: (branch, request, tried) => {
      if (request.nodes === undefined && tried.length === 0) {
        const { action } = request;
        return { action: onBranch(branch, action), called: action, nodeID: undefined, place: undefined };
      }
      const target = choose(branch, request, tried);
      if (target !== undefined) return target;
      throw new TidegateError("ACTION_UNAVAILABLE", `No node that may be called offers ${request.action}.`, {
        dispatched: false,
      });
    },
    left: (branch, request, tried) => choose(branch, request, tried) !== undefined,
  };
}
