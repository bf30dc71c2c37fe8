/** Separates a service's name, and a node's id, from the branch: `player~preview`. */
const mark = "~";

/** A service as its metadata says it, where its name alone does not. */
export interface NamedService {
  /** Moleculer's full name: `player`, `v2.player`, `player~preview`. */
  readonly fullName?: unknown;
  /** Moleculer's name: without the version. */
  readonly name?: unknown;
  /** Its version. */
  readonly version?: unknown;
}

/** A service's full name (`v2.player`), by Moleculer's rules. */
export function fullName({ fullName: given, name, version }: NamedService): string | undefined {
  if (typeof given === "string") return given;
  if (typeof name !== "string") return undefined;
  if (typeof version === "number") return `v${version}.${name}`;
  return typeof version === "string" ? `${version}.${name}` : name;
}

/** The name under which Moleculer knows what belongs to a branch (S13.1): `player~preview` of `player`. */
export function branchName(name: string, branch: string): string {
  return `${name}${mark}${branch}`;
}

/** An action's own name: `player.get` of `player~preview.get`, and `get` of `get~preview`, which has no service's prefix. */
export function logicalAction(action: string, service: string, branch: string): string {
  const physical = `${branchName(service, branch)}.`;
  if (action.startsWith(physical)) return `${service}.${action.slice(physical.length)}`;
  const end = `${mark}${branch}`;
  return action.endsWith(end) ? action.slice(0, -end.length) : action;
}

/**
 * The names that an action may have on a branch, likeliest first. Which dot ends the service's name cannot be told, so
 * every dot is tried from the right, then the name as a whole.
 */
export function* branchActions(action: string, branch: string): Generator<string> {
  for (let dot = action.lastIndexOf("."); dot > 0; dot = action.lastIndexOf(".", dot - 1))
    yield `${branchName(action.slice(0, dot), branch)}${action.slice(dot)}`;
  yield branchName(action, branch);
}

/** A node as the core knows it. */
export interface Place {
  /** The id that the core knows. */
  readonly id: string;
  /** Moleculer's node. */
  readonly node: string;
  /** The branch whose services are meant; undefined: those that have no branch in their name. */
  readonly branch: string | undefined;
}

/** Reads the id that the core knows a node by: `laptop~preview` are the services of `laptop` that are on `preview`. */
export function placeOf(id: string, isNode: (id: string) => boolean): Place {
  const at = id.lastIndexOf(mark);
  if (at <= 0 || isNode(id)) return { id, node: id, branch: undefined };
  return { id, node: id.slice(0, at), branch: id.slice(at + 1) };
}
