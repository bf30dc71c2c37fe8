import type { ServiceSchema } from "moleculer";
import { type LargeFragment, largeFragment } from "../wire/metadata.ts";
import { fragmentAction, fullName, nameOnBranch } from "../wire/names.ts";
import { isObject, masterBranch, objectOrEmpty } from "../wire/values.ts";

/** Options of the mixin beside the fragment. */
export interface BranchOptions {
  /** The branch if the fragment names none; undefined: `master`. */
  readonly branch: string | undefined;
  /** Whether a service of another branch than `master` receives events. */
  readonly events: boolean;
}

type Actions = NonNullable<ServiceSchema["actions"]>;
type Events = NonNullable<ServiceSchema["events"]>;

/**
 * Changes a service's merged schema so that other nodes can read its fragment, and so that a service of
 * another branch than `master` only gets calls for its branch (S13.1): it gets a name of its own, and no
 * events or groups of its own.
 */
export function publishOnBranch(schema: ServiceSchema, options: BranchOptions): void {
  const { api: given, ...metadata } = { ...schema.metadata } as Record<string, unknown>;
  const fragmentBranch = branchOf(given);
  const branch = fragmentBranch ?? options.branch ?? masterBranch;
  const isMaster = branch === masterBranch;
  const addsBranch = fragmentBranch === undefined && !isMaster && (given === undefined || isObject(given));
  const api = addsBranch ? { ...given, branch } : given;
  const large = largeFragment(api);
  const service = serviceName(schema);
  const suffix = branchSuffix(branch);
  const tidegate = {
    ...(!isMaster && service !== undefined && { service, branch: suffix }),
    ...(large !== undefined && { api: large.reference }),
  };
  schema.metadata = {
    ...metadata,
    ...(api !== undefined && large === undefined && { api }),
    ...(Object.keys(tidegate).length > 0 && { tidegate }),
  };
  if (large !== undefined) schema.actions = withFragmentAction(schema.actions, large);
  for (const action of Object.values(schema.actions ?? {}))
    if (typeof action === "object" && action.params !== undefined) action.params = cloneTree(action.params);
  if (!isMaster && service !== undefined) isolate(schema, suffix, options.events);
}

/**
 * Copies plain objects and arrays, so that no object occurs twice in the copy. Moleculer takes the second
 * occurrence of an object for a circular reference, and leaves it out of the INFO packet (`circularReplacer`
 * in `utils.js`).
 */
export function cloneTree<Value>(value: Value): Value {
  return cloneNode(value, 0) as Value;
}

/** Values below this depth are not copied. */
const maxDepth = 32;

function cloneNode(value: unknown, depth: number): unknown {
  if (depth > maxDepth || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => cloneNode(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, cloneNode(member, depth + 1)]),
  );
}

/** The branch that a fragment names, even if it is no valid branch: the gateway reports that. */
function branchOf(api: unknown): string | undefined {
  const { branch } = objectOrEmpty(api);
  return branch === undefined || branch === null ? undefined : String(branch);
}

/** A branch as a part of a name. An invalid branch (S1.1) must not break the topics of a transporter. */
function branchSuffix(branch: string): string {
  return branch.slice(0, 100).replace(/[^a-z0-9_-]/g, "_") || "_";
}

function serviceName({ name, version, settings }: ServiceSchema): string | undefined {
  return typeof name === "string" && name !== ""
    ? fullName({ name, version: settings?.$noVersionPrefix === true ? undefined : version })
    : undefined;
}

function withFragmentAction(actions: Actions | undefined, large: LargeFragment): Actions {
  return {
    ...actions,
    [fragmentAction]: { visibility: "public", handler: ({ params }) => large.piece(params) },
  };
}

/** Makes a service reachable only under the name of its branch. */
function isolate(schema: ServiceSchema, suffix: string, receivesEvents: boolean): void {
  schema.name = nameOnBranch(schema.name, suffix);
  if (schema.settings?.$noServiceNamePrefix === true && schema.actions !== undefined)
    schema.actions = renameActions(schema.actions, suffix);
  if (!receivesEvents) delete schema.events;
  else if (schema.events !== undefined) schema.events = renameGroups(schema.events, suffix);
}

/** Adds the branch to the names of actions that do not begin with the name of their service. */
function renameActions(actions: Actions, suffix: string): Actions {
  return Object.fromEntries(
    Object.entries(actions).map(([key, action]) => {
      if (typeof action === "boolean") return [key, action];
      const schema = typeof action === "function" ? { handler: action } : action;
      return [key, { ...schema, name: nameOnBranch(schema.name ?? key, suffix) }];
    }),
  );
}

/**
 * Adds the branch to groups: a listener in a shared group would take events away from the services of
 * `master`.
 */
function renameGroups(events: Events, suffix: string): Events {
  return Object.fromEntries(
    Object.entries(events).map(([pattern, event]) => [
      pattern,
      typeof event === "object" && typeof event.group === "string"
        ? { ...event, group: nameOnBranch(event.group, suffix) }
        : event,
    ]),
  );
}
