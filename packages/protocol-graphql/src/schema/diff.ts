import type { Change } from "@tidegate/core-registry";
import {
  BreakingChangeType,
  DangerousChangeType,
  findSchemaChanges,
  type GraphQLScalarType,
  type GraphQLSchema,
} from "graphql";
import { isExtension, rootTypes } from "../definitions/type-nodes.ts";
import type { ActivePart } from "./active-part.ts";
import {
  type Composition,
  definitionAndExtensions,
  definitionOf,
  type OwnedNode,
  type TypeEntry,
} from "./composition.ts";
import { lazySchema, partialSchema, schemaSource } from "./schema.ts";

/**
 * Returns the changes between two compositions. Root fields and fields with a connector are compared by their
 * definition and connector, everything else by `findSchemaChanges` of graphql-js. Between an empty
 * composition and another one, only the fields are changes. Costs what differs.
 */
export function diffCompositions(
  before: Composition,
  after: Composition,
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): readonly Change[] {
  const fields = fieldChanges(before, after);
  const isFirstOrLast = before.parts.length === 0 || after.parts.length === 0;
  const schema = isFirstOrLast ? [] : schemaChanges(before, after, scalars);
  const addedOrRemoved = new Set(fields.filter(({ kind }) => kind !== "changed").map(({ label }) => label));
  const describedByGraphQL = new Set(schema.map(({ label }) => label));
  return [
    // graphql-js describes a changed definition better, but knows nothing of connectors.
    ...fields
      .filter(
        ({ kind, label, connectorChanged }) =>
          kind !== "changed" || connectorChanged || !describedByGraphQL.has(label),
      )
      .map(({ connectorChanged: _, ...change }): Change => change),
    ...schema.filter(({ label }) => !addedOrRemoved.has(label)),
  ];
}

interface FieldChange extends Change {
  readonly connectorChanged: boolean;
}

function fieldChanges(before: Composition, after: Composition): readonly FieldChange[] {
  const partsBefore = new Set(before.parts);
  const partsAfter = new Set(after.parts);
  const remaining = new Map(endpointsOutside(before, partsAfter).map((endpoint) => [endpoint.key, endpoint]));
  const changes: FieldChange[] = [];
  for (const endpoint of endpointsOutside(after, partsBefore)) {
    const old = remaining.get(endpoint.key);
    remaining.delete(endpoint.key);
    if (old === undefined) changes.push(fieldChange(endpoint, "added", "safe"));
    else if (old.fingerprint !== endpoint.fingerprint) {
      const connectorChanged = connectorOf(old) !== connectorOf(endpoint);
      changes.push(fieldChange(endpoint, "changed", "dangerous", connectorChanged));
    }
  }
  for (const endpoint of remaining.values()) changes.push(fieldChange(endpoint, "removed", "breaking"));
  return changes;
}

/** A field that is an endpoint: a root field, or one with a connector. */
interface FieldEndpoint {
  readonly key: string;
  /** For example `Query.player`. */
  readonly label: string;
  readonly service: string;
  readonly fingerprint: string;
}

function fieldChange(
  { label, service }: FieldEndpoint,
  kind: Change["kind"],
  level: Change["level"],
  connectorChanged = true,
): FieldChange {
  return { kind, plugin: "GraphQL", label, level, service, connectorChanged };
}

function endpointsOutside(
  { parts }: Composition,
  sameParts: ReadonlySet<ActivePart>,
): readonly FieldEndpoint[] {
  return parts.filter((part) => !sameParts.has(part)).flatMap(servedFields);
}

function servedFields({
  compiled: { claims = [] },
  waiting,
  origin: { service },
}: ActivePart): FieldEndpoint[] {
  return claims.flatMap(({ key, label = key, endpoint }) =>
    endpoint === undefined || waiting.has(key)
      ? []
      : [{ key, label, service, fingerprint: endpoint.fingerprint ?? "" }],
  );
}

// `compile` makes the fingerprint: JSON of the definition and the connector.
function connectorOf({ fingerprint }: FieldEndpoint): string {
  const { connector } = JSON.parse(fingerprint) as { readonly connector?: unknown };
  return JSON.stringify(connector) ?? "";
}

function schemaChanges(
  before: Composition,
  after: Composition,
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): readonly Change[] {
  const names = before.types
    .differingKeys(after.types)
    .filter((name) => !sameNodes(nodesOf(before, name), nodesOf(after, name)));
  const [ownerBefore, ownerAfter] = [ownersIn(before), ownersIn(after)];
  return findSchemaChanges(
    differingSchema(before, after, names, scalars),
    differingSchema(after, before, names, scalars),
  ).flatMap(({ type, description }): Change[] => {
    const { label, coordinate } = subjectOf(description);
    if (type === "DESCRIPTION_CHANGED" || rootTypes.includes(label)) return [];
    const kind = type.includes("REMOVED") ? "removed" : type.includes("ADDED") ? "added" : "changed";
    const service = ownerAfter(coordinate) ?? ownerBefore(coordinate);
    const owner = service === undefined ? {} : { service };
    return [{ kind, plugin: "GraphQL", label, level: levelOf(type), detail: description, ...owner }];
  });
}

/** The schema of the types that differ, without the extensions that both compositions have. */
function differingSchema(
  composition: Composition,
  other: Composition,
  names: readonly string[],
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): GraphQLSchema {
  const differing = new Map(
    names.map((name) => [name, withoutExtensions(composition.types.get(name), nodesOf(other, name))]),
  );
  const entry = (name: string): TypeEntry | undefined => differing.get(name) ?? composition.types.get(name);
  const existing = names.filter((name) => composition.types.get(name) !== undefined);
  return partialSchema(lazySchema({ ...schemaSource(composition, scalars), entry }), existing);
}

// The definition stays also where both have it: it decides the kind of the type.
function withoutExtensions(
  entry: TypeEntry | undefined,
  excluded: ReadonlySet<OwnedNode["node"]>,
): TypeEntry | undefined {
  return entry?.filter(({ node }) => !isExtension(node) || !excluded.has(node));
}

// Each fragment is parsed once, so the same definition is the same node.
function nodesOf({ types }: Composition, name: string): ReadonlySet<OwnedNode["node"]> {
  return new Set(definitionAndExtensions(types.get(name) ?? []).map(({ node }) => node));
}

function sameNodes(one: ReadonlySet<OwnedNode["node"]>, other: ReadonlySet<OwnedNode["node"]>): boolean {
  return one.size === other.size && one.isSubsetOf(other);
}

function levelOf(type: string): Change["level"] {
  if (Object.hasOwn(BreakingChangeType, type)) return "breaking";
  return Object.hasOwn(DangerousChangeType, type) ? "dangerous" : "safe";
}

type Coordinate = readonly [type: string, member?: string];

interface ChangeSubject {
  /** Names the subject for readers: `Player.name`, `Cat in Pet`, `Cat implements Named`. */
  readonly label: string;
  readonly coordinate: Coordinate;
}

// graphql-js names the subject only in the sentence: `Argument Query.player(id:) was removed.`
function subjectOf(description: string): ChangeSubject {
  const [, member, union] = /^(\w+) was \w+ (?:to|from) union type (\w+)\.$/.exec(description) ?? [];
  if (member !== undefined && union !== undefined)
    return { label: `${member} in ${union}`, coordinate: [union, member] };
  const [, added, by] = /^(\w+) added to interfaces implemented by (\w+)\.$/.exec(description) ?? [];
  const [, type = by, name = added] =
    /^(\w+) no longer implements interface (\w+)\.$/.exec(description) ?? [];
  if (type !== undefined && name !== undefined)
    return { label: `${type} implements ${name}`, coordinate: [type, name] };
  const [label = "schema"] = /[A-Za-z_]\w*\.\w+/.exec(description) ?? /^\w+/.exec(description) ?? [];
  const [of = label, field] = label.split(".");
  return { label, coordinate: field === undefined ? [of] : [of, field] };
}

/**
 * Returns a function that finds the service that owns a type or a member. It reads the nodes of each type
 * once.
 */
function ownersIn({ types }: Composition): (coordinate: Coordinate) => string | undefined {
  const cache = new Map<string, ReadonlyMap<string, string>>();
  return ([type, member]) => {
    if (member === undefined) return definitionOf(types.get(type) ?? [])?.part?.origin.service;
    const owners = cache.get(type) ?? memberOwners(types.get(type) ?? []);
    cache.set(type, owners);
    return owners.get(member);
  };
}

function memberOwners(entry: TypeEntry): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const { node, part } of definitionAndExtensions(entry)) {
    if (part === undefined) continue;
    for (const member of membersOf(node)) if (!owners.has(member)) owners.set(member, part.origin.service);
  }
  return owners;
}

function membersOf(node: OwnedNode["node"]): readonly string[] {
  const lists = [
    "fields" in node ? node.fields : [],
    "values" in node ? node.values : [],
    "types" in node ? node.types : [],
    "interfaces" in node ? node.interfaces : [],
  ];
  return lists.flatMap((list) => (list ?? []).map(({ name }) => name.value));
}
