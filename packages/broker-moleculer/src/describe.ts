import {
  type ActionDescription,
  type JsonObject,
  masterBranch,
  type ServiceDescription,
} from "@tidegate/core-registry";
import { type FragmentClaim, readClaim } from "./fragment-claim.ts";
import { paramsSchema } from "./params-schema.ts";
import { branchName, fullName, logicalAction } from "./service-name.ts";

/** What one service says of itself in its node's INFO packet, as far as anything can be relied on. */
export type RawService = Readonly<Record<string, unknown>>;

/** A service as it was read. */
export interface DescribedService {
  /** Moleculer's full name: `v2.player~preview`. */
  readonly fullName: string;
  /** The branch in its name; undefined where it has none. */
  readonly branch: string | undefined;
  /** What the gateway is told of it, but for a fragment that must be fetched. */
  readonly service: ServiceDescription;
  /** The fragment that must be fetched; undefined where it came along, or there is none. */
  readonly claim: FragmentClaim | undefined;
}

/**
 * Makes of a service in a node's INFO packet what the gateway is told of it (S13): its fragment is `metadata.api`, its
 * revision `metadata.revision`, and what the mixin says `metadata.tidegate`. Undefined for Moleculer's own services,
 * whose names begin with `$`.
 */
export function describeService(raw: RawService): DescribedService | undefined {
  const physical = fullName(raw);
  if (physical === undefined || physical.split(".").some((segment) => segment.startsWith("$")))
    return undefined;
  const { api, revision, tidegate, ...metadata } = objectOf(raw.metadata);
  const said = objectOf(tidegate);
  const { name, branch } = nameOnBranch(physical, said);
  const claim = api === undefined || api === null ? readClaim(said.api) : undefined;
  const service: ServiceDescription = {
    name,
    ...(Object.keys(metadata).length > 0 && { metadata: metadata as JsonObject }),
    ...(typeof revision === "number" && Number.isFinite(revision) && { revision }),
    actions: Object.values(objectOf(raw.actions)).flatMap((action) => describeAction(action, name, branch)),
    events: Object.values(objectOf(raw.events)).flatMap((event) => nameOf(event) ?? []),
  };
  return {
    fullName: physical,
    branch,
    claim,
    service: claim === undefined ? withFragment(service, api, branch) : service,
  };
}

/**
 * A service with its fragment. On a branch it has one even where it publishes none, or it would count among those of all
 * branches (S9.1). A fragment of another branch under a plain name makes it exposed.
 */
export function withFragment(
  service: ServiceDescription,
  api: unknown,
  branch: string | undefined,
): ServiceDescription {
  const fragment = api ?? (branch === undefined ? undefined : { branch });
  if (fragment === undefined) return service;
  const { branch: wanted } = objectOf(fragment);
  const exposed = branch === undefined && typeof wanted === "string" && wanted !== masterBranch;
  return { ...service, fragment, ...(exposed && { exposed }) };
}

/** A service's own name and its branch: only where what its metadata say is what its name says. */
function nameOnBranch(
  physical: string,
  { service, branch }: RawService,
): { readonly name: string; readonly branch: string | undefined } {
  if (typeof service !== "string" || typeof branch !== "string" || service === "" || branch === "")
    return { name: physical, branch: undefined };
  return branchName(service, branch) === physical
    ? { name: service, branch }
    : { name: physical, branch: undefined };
}

function describeAction(raw: unknown, service: string, branch: string | undefined): ActionDescription | [] {
  const physical = nameOf(raw);
  if (physical === undefined) return [];
  const name = branch === undefined ? physical : logicalAction(physical, service, branch);
  const { params, description, visibility } = objectOf(raw);
  const schema = paramsSchema(params);
  const internal = name.split(".").some((segment) => segment.startsWith("$"));
  const published =
    !internal && (visibility === undefined || visibility === null || visibility === "published");
  return {
    name,
    ...(schema !== undefined && { params: schema }),
    ...(typeof description === "string" && { description }),
    ...(!published && { published }),
  };
}

function nameOf(raw: unknown): string | undefined {
  const { name } = objectOf(raw);
  return typeof name === "string" ? name : undefined;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
