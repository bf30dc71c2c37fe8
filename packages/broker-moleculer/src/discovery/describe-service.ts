import type { ActionDescription, JsonObject, ServiceDescription } from "@tidegate/core-registry";
import { masterBranch } from "@tidegate/core-registry/runtime";
import {
  type FragmentReference,
  fullName,
  nameOnBranch,
  nameWithoutBranch,
  objectOrEmpty,
  readFragmentReference,
} from "@tidegate/service-moleculer/wire";
import { isIdempotent } from "../calls/retries.ts";
import { paramsSchema } from "./params-schema.ts";

/** A service's entry in its node's INFO packet. Another node sent it, so nothing in it is checked. */
export type RawService = Readonly<Record<string, unknown>>;

/** A service that was read from an INFO packet. */
export interface DescribedService {
  /** With version and branch, as Moleculer builds it: `v2.player~preview`. */
  readonly fullName: string;
  /** The branch in the service's name, if there is one. */
  readonly branch: string | undefined;
  /** Lacks the fragment if that has to be fetched. */
  readonly service: ServiceDescription;
  /** Refers to a fragment that has to be fetched. */
  readonly reference: FragmentReference | undefined;
}

/**
 * Describes a service in a node's INFO packet for the core (S13): `metadata.api` is its fragment,
 * `metadata.revision` its revision, and `metadata.tidegate` holds what the mixin adds. Returns undefined for
 * Moleculer's own services, whose names begin with `$`.
 */
export function describeService(raw: RawService): DescribedService | undefined {
  const rawName = fullName(raw);
  if (rawName === undefined || isInternal(rawName)) return undefined;
  const { api, revision, tidegate, ...metadata } = objectOrEmpty(raw.metadata);
  const mixinData = objectOrEmpty(tidegate);
  const { name, branch } = splitName(rawName, mixinData);
  const reference = api === undefined || api === null ? readFragmentReference(mixinData.api) : undefined;
  const service: ServiceDescription = {
    name,
    ...(Object.keys(metadata).length > 0 && { metadata: metadata as JsonObject }),
    ...(typeof revision === "number" && Number.isFinite(revision) && { revision }),
    actions: Object.values(objectOrEmpty(raw.actions)).flatMap((action) =>
      describeAction(action, name, branch),
    ),
    events: Object.values(objectOrEmpty(raw.events)).flatMap((event) => nameOf(event) ?? []),
  };
  return {
    fullName: rawName,
    branch,
    reference,
    service: reference === undefined ? withFragment(service, api, branch) : service,
  };
}

/**
 * Adds a fragment to a service. A service with a branch in its name has a fragment even if it publishes none:
 * otherwise it would count as a service of all branches (S9.1). A service whose fragment names another branch
 * than `master`, but whose name has no branch, is exposed: it also gets calls of other branches.
 */
export function withFragment(
  service: ServiceDescription,
  api: unknown,
  branch: string | undefined,
): ServiceDescription {
  const fragment = api ?? (branch === undefined ? undefined : { branch });
  if (fragment === undefined) return service;
  const { branch: fragmentBranch } = objectOrEmpty(fragment);
  const exposed =
    branch === undefined && typeof fragmentBranch === "string" && fragmentBranch !== masterBranch;
  return { ...service, fragment, ...(exposed && { exposed }) };
}

/** Splits a service's name into name and branch, if the name and the mixin's metadata agree on the branch. */
function splitName(
  rawName: string,
  { service, branch }: Readonly<Record<string, unknown>>,
): { readonly name: string; readonly branch: string | undefined } {
  const isSplit =
    typeof service === "string" && typeof branch === "string" && service !== "" && branch !== "";
  return isSplit && nameOnBranch(service, branch) === rawName
    ? { name: service, branch }
    : { name: rawName, branch: undefined };
}

function describeAction(raw: unknown, service: string, branch: string | undefined): ActionDescription | [] {
  const rawName = nameOf(raw);
  if (rawName === undefined) return [];
  const name = branch === undefined ? rawName : nameWithoutBranch(rawName, service, branch);
  const { params, description, visibility } = objectOrEmpty(raw);
  const schema = paramsSchema(params);
  const isPublished = visibility === undefined || visibility === null || visibility === "published";
  return {
    name,
    ...(schema !== undefined && { params: schema }),
    ...(typeof description === "string" && { description }),
    ...((isInternal(name) || !isPublished) && { published: false }),
    ...(isIdempotent(raw) && { idempotent: true }),
  };
}

/** Whether a segment of a name begins with `$`. */
function isInternal(name: string): boolean {
  return name.split(".").some((segment) => segment.startsWith("$"));
}

function nameOf(raw: unknown): string | undefined {
  const { name } = objectOrEmpty(raw);
  return typeof name === "string" ? name : undefined;
}
