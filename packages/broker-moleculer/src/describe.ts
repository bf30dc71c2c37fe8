import type { ActionDescription, JsonObject, ServiceDescription } from "@tidegate/core-registry";
import { paramsSchema } from "./params-schema.ts";

/** What one service says of itself in its node's INFO packet, as far as anything can be relied on. */
export type RawService = Readonly<Record<string, unknown>>;

/**
 * Makes of a service in a node's INFO packet what the gateway is told of it (S13): its fragment is `metadata.api`, its
 * revision `metadata.revision`. Undefined for Moleculer's own services, whose names begin with `$`.
 */
export function describeService(raw: RawService): ServiceDescription | undefined {
  const name = fullName(raw);
  if (name === undefined || name.split(".").some((segment) => segment.startsWith("$"))) return undefined;
  const { api, revision, ...metadata } = objectOf(raw.metadata);
  return {
    name,
    ...(Object.keys(metadata).length > 0 && { metadata: metadata as JsonObject }),
    ...(api !== undefined && api !== null && { fragment: api }),
    ...(typeof revision === "number" && Number.isFinite(revision) && { revision }),
    actions: Object.values(objectOf(raw.actions)).flatMap(describeAction),
    events: Object.values(objectOf(raw.events)).flatMap((event) => nameOf(event) ?? []),
  };
}

/** A service's full name (`v2.player`), by Moleculer's rules. */
export function fullName(raw: RawService): string | undefined {
  if (typeof raw.fullName === "string") return raw.fullName;
  const { name, version } = raw;
  if (typeof name !== "string") return undefined;
  if (typeof version === "number") return `v${version}.${name}`;
  return typeof version === "string" ? `${version}.${name}` : name;
}

function describeAction(raw: unknown): ActionDescription | [] {
  const name = nameOf(raw);
  if (name === undefined) return [];
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
