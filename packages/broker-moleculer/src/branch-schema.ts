import { masterBranch } from "@tidegate/core-registry";
import type { ServiceSchema } from "moleculer";
import { fragmentAction, largeFragment } from "./fragment-claim.ts";
import { branchName, fullName } from "./service-name.ts";

/** What is decided beside the fragment. */
export interface BranchChoice {
  /** The branch, where the fragment names none; undefined: `master`. */
  readonly branch: string | undefined;
  /** Whether a service of another branch than `master` hears events. */
  readonly events: boolean;
}

type Actions = NonNullable<ServiceSchema["actions"]>;

/**
 * Changes a service's merged schema so that other nodes can know its fragment, and so that on another branch than
 * `master` only those reach it who ask for the branch (S13.1): a name of its own, no events or groups of its own.
 */
export function publishOnBranch(schema: ServiceSchema, choice: BranchChoice): void {
  const { api: published, ...metadata } = { ...schema.metadata } as Record<string, unknown>;
  const named = branchOf(published);
  const branch = named ?? choice.branch ?? masterBranch;
  const isMaster = branch === masterBranch;
  const api = named === undefined && !isMaster && isOpen(published) ? { ...published, branch } : published;
  const large = largeFragment(api);
  const service = serviceName(schema);
  const tidegate = {
    ...(!isMaster && service !== undefined && { service, branch: suffixOf(branch) }),
    ...(large !== undefined && { api: large.claim }),
  };
  schema.metadata = {
    ...metadata,
    ...(api !== undefined && large === undefined && { api }),
    ...(Object.keys(tidegate).length > 0 && { tidegate }),
  };
  if (large !== undefined)
    schema.actions = {
      ...schema.actions,
      [fragmentAction]: { visibility: "public", handler: ({ params }) => large.piece(params) },
    };
  if (isMaster || service === undefined) return;
  const suffix = suffixOf(branch);
  schema.name = branchName(schema.name, suffix);
  if (schema.settings?.$noServiceNamePrefix === true && schema.actions !== undefined)
    schema.actions = renamed(schema.actions, suffix);
  if (!choice.events) delete schema.events;
  else if (schema.events !== undefined) schema.events = regrouped(schema.events, suffix);
}

/** What a fragment says of its branch: also what is no branch, which the gateway's report tells. */
function branchOf(api: unknown): string | undefined {
  const { branch } = (api ?? {}) as { branch?: unknown };
  return branch === undefined || branch === null ? undefined : String(branch);
}

/** Whether a branch can be written into a fragment: into one, or where there is none. */
function isOpen(api: unknown): api is object | undefined {
  return api === undefined || (typeof api === "object" && api !== null && !Array.isArray(api));
}

/** A branch as a part of a name: what is no branch (S1.1) must not break a transporter's topics. */
function suffixOf(branch: string): string {
  return branch.slice(0, 100).replace(/[^a-z0-9_-]/g, "_") || "_";
}

function serviceName({ name, version, settings }: ServiceSchema): string | undefined {
  return typeof name === "string" && name !== ""
    ? fullName({ name, version: settings?.$noVersionPrefix === true ? undefined : version })
    : undefined;
}

/** Actions whose names do not begin with their service's: their own names must tell the branch. */
function renamed(actions: Actions, branch: string): Actions {
  return Object.fromEntries(
    Object.entries(actions).map(([key, action]) => {
      if (typeof action === "boolean") return [key, action];
      const schema = typeof action === "function" ? { handler: action } : action;
      return [key, { ...schema, name: branchName(schema.name ?? key, branch) }];
    }),
  );
}

/** Events in groups of the branch: who listens in a group of all takes events away from it. */
function regrouped(
  events: NonNullable<ServiceSchema["events"]>,
  branch: string,
): NonNullable<ServiceSchema["events"]> {
  return Object.fromEntries(
    Object.entries(events).map(([pattern, event]) => [
      pattern,
      typeof event === "object" && typeof event.group === "string"
        ? { ...event, group: branchName(event.group, branch) }
        : event,
    ]),
  );
}
