import type { ServiceBroker } from "moleculer";

/** The action by which a service receives its reports. Only services with the mixin have it. */
export const reportAction = "$report";

/** The action by which a service hands out a fragment that is too large for its metadata. */
export const fragmentAction = "$api";

/** The service that each gateway runs on its own node. */
export const gatewayService = "$tidegate";

/** The action by which gateways ask each other, and by which nodes recognise a gateway. */
export const askAction: string = `${gatewayService}.ask`;

/**
 * The event by which a service with the mixin announces that it leaves. Transporters such as TCP do not
 * announce it.
 */
export const leavingEvent = "tidegate.leaving";

/** Separates a service's name, and a node's id, from the branch: `player~preview`. */
export const branchSeparator = "~";

/** The parts of a service's schema, or of its entry in an INFO packet, that make up its full name. */
export interface NamedService {
  readonly fullName?: unknown;
  readonly name?: unknown;
  readonly version?: unknown;
}

/**
 * Returns the full name of a service (`v2.player`) by Moleculer's rules; undefined if the service has no
 * name.
 */
export function fullName({ fullName: given, name, version }: NamedService): string | undefined {
  if (typeof given === "string") return given;
  if (typeof name !== "string") return undefined;
  if (typeof version === "number") return `v${version}.${name}`;
  return typeof version === "string" ? `${version}.${name}` : name;
}

/**
 * Adds a branch to the name of a service, action, group or node (S13.1): `player` becomes `player~preview`.
 */
export function nameOnBranch(name: string, branch: string): string {
  return `${name}${branchSeparator}${branch}`;
}

/**
 * Removes the branch from the name of an action: `player~preview.get` becomes `player.get`, and
 * `get~preview`, whose service has no name prefix, becomes `get`.
 */
export function nameWithoutBranch(action: string, service: string, branch: string): string {
  const prefix = `${nameOnBranch(service, branch)}.`;
  if (action.startsWith(prefix)) return `${service}.${action.slice(prefix.length)}`;
  const suffix = `${branchSeparator}${branch}`;
  return action.endsWith(suffix) ? action.slice(0, -suffix.length) : action;
}

/**
 * Returns the name of an action on a branch (`player~preview.get` for `player.get`) if an available node
 * provides that action; undefined if none does.
 * @param nodeID only looks at this node. Default: at all nodes
 */
export function actionOnBranch(
  broker: ServiceBroker,
  action: string,
  branch: string,
  nodeID?: string,
): string | undefined {
  for (const name of possibleNames(action, branch)) {
    const endpoints = broker.registry.getActionEndpoints(name)?.endpoints ?? [];
    if (endpoints.some(({ id, isAvailable }) => isAvailable && (nodeID === undefined || id === nodeID)))
      return name;
  }
  return undefined;
}

/**
 * The names that an action can have on a branch, the most likely one first. The name alone does not show
 * which dot ends the service's name, so each dot is tried from the right, then the name without a prefix.
 */
function* possibleNames(action: string, branch: string): Generator<string> {
  for (let dot = action.lastIndexOf("."); dot > 0; dot = action.lastIndexOf(".", dot - 1))
    yield `${nameOnBranch(action.slice(0, dot), branch)}${action.slice(dot)}`;
  yield nameOnBranch(action, branch);
}

/** A node as the core identifies it, split into Moleculer's node and the branch. */
export interface BranchNode {
  /** The id that the core uses: `laptop~preview`. */
  readonly id: string;
  /** The id that Moleculer uses, without the branch: `laptop`. */
  readonly nodeID: string;
  /** The branch of the services; undefined: services without a branch in their name. */
  readonly branch: string | undefined;
}

/**
 * Splits the node id that the core uses: `laptop~preview` stands for the services of branch `preview` on
 * `laptop`.
 */
export function readNodeId(broker: ServiceBroker, id: string): BranchNode {
  const at = id.lastIndexOf(branchSeparator);
  if (at <= 0 || broker.registry.nodes.get(id) !== undefined) return { id, nodeID: id, branch: undefined };
  return { id, nodeID: id.slice(0, at), branch: id.slice(at + 1) };
}
