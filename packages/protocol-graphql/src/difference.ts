import type { Change, Endpoint } from "@tidegate/core-registry";
import {
  BreakingChangeType,
  DangerousChangeType,
  findSchemaChanges,
  type GraphQLScalarType,
  type GraphQLSchema,
} from "graphql";
import { rootTypes } from "./definitions/check.ts";
import { isExtension } from "./definitions/definition.ts";
import {
  type Composition,
  definitionOf,
  type Piece,
  piecesInUse,
  type TypeEntry,
} from "./schema/composition.ts";
import type { LivePart } from "./schema/live.ts";
import { schemaOf, schemaPart } from "./schema/schema.ts";
import { sourceOf } from "./schema/source.ts";

/**
 * What differs between two wholes: root fields and mapped fields by what they are mapped to, and all else as graphql tells
 * changes of a schema. Costs what differs. Where there was nothing before, only the fields are told.
 */
export function difference(
  before: Composition,
  after: Composition,
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): readonly Change[] {
  const fields = fieldChanges(before, after);
  const schema =
    before.parts.length === 0 || after.parts.length === 0 ? [] : schemaChanges(before, after, scalars);
  const came = new Set(fields.filter(({ kind }) => kind !== "changed").map(({ label }) => label));
  const said = new Set(schema.map(({ label }) => label));
  return [
    // How a field's own definition changed is better said by graphql.
    ...fields
      .filter(({ kind, label, isMapping }) => kind !== "changed" || isMapping || !said.has(label))
      .map(toChange),
    ...schema.filter(({ label }) => !came.has(label)),
  ];
}

interface FieldChange extends Change {
  /** Whether the field is mapped to something else. */
  readonly isMapping: boolean;
}

function toChange({ isMapping: _, ...change }: FieldChange): Change {
  return change;
}

function fieldChanges(before: Composition, after: Composition): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  const tell = (
    { label, origin }: Endpoint,
    kind: Change["kind"],
    level: Change["level"],
    isMapping = true,
  ): void => void changes.push({ kind, plugin: "GraphQL", label, level, service: origin.service, isMapping });
  const was = new Set(before.parts);
  const is = new Set(after.parts);
  const endpointsOf = ({ parts }: Composition, same: ReadonlySet<LivePart>): readonly Endpoint[] =>
    parts.flatMap((live) => (same.has(live) ? [] : live.endpoints));
  const old = new Map(endpointsOf(before, is).map((endpoint) => [endpoint.key, endpoint]));
  for (const endpoint of endpointsOf(after, was)) {
    const known = old.get(endpoint.key);
    old.delete(endpoint.key);
    if (known === undefined) tell(endpoint, "added", "safe");
    else if (known.fingerprint !== endpoint.fingerprint)
      tell(endpoint, "changed", "dangerous", mappingOf(known) !== mappingOf(endpoint));
  }
  for (const endpoint of old.values()) tell(endpoint, "removed", "breaking");
  return changes;
}

// An fingerprint is what `compile` made it: the field's text and what it is mapped to.
function mappingOf({ fingerprint }: Endpoint): string {
  const { connector } = JSON.parse(fingerprint) as { readonly connector?: unknown };
  return JSON.stringify(connector) ?? "";
}

function schemaChanges(
  before: Composition,
  after: Composition,
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): readonly Change[] {
  const names = before.entries
    .differing(after.entries)
    .filter((name) => !sameNodes(nodesIn(before, name), nodesIn(after, name)));
  const partOf = (one: Composition, other: Composition): GraphQLSchema => {
    const apart = new Map(
      names.map((name) => [name, withoutShared(one.entries.get(name), nodesIn(other, name))]),
    );
    const entry = (name: string): TypeEntry | undefined => apart.get(name) ?? one.entries.get(name);
    const there = names.filter((name) => one.entries.get(name) !== undefined);
    return schemaPart(schemaOf({ ...sourceOf(one, scalars), entry }), there);
  };
  const [ownerBefore, ownerAfter] = [ownersIn(before), ownersIn(after)];
  return findSchemaChanges(partOf(before, after), partOf(after, before)).flatMap(
    ({ type, description }): Change[] => {
      const { label, owns } = subjectOf(description);
      if (type === "DESCRIPTION_CHANGED" || rootTypes.includes(label)) return [];
      const kind = type.includes("REMOVED") ? "removed" : type.includes("ADDED") ? "added" : "changed";
      const service = ownerAfter(owns) ?? ownerBefore(owns);
      const named = service === undefined ? {} : { service };
      return [{ kind, plugin: "GraphQL", label, level: levelOf(type), detail: description, ...named }];
    },
  );
}

function levelOf(type: string): Change["level"] {
  if (Object.hasOwn(BreakingChangeType, type)) return "breaking";
  return Object.hasOwn(DangerousChangeType, type) ? "dangerous" : "safe";
}

interface Subject {
  /** As people write it. */
  readonly label: string;
  /** The type, and what of it. */
  readonly owns: readonly [type: string, member?: string];
}

// graphql says it in a sentence only: `Argument Query.player(id:) was removed.`
function subjectOf(description: string): Subject {
  const [, member, union] = /^(\w+) was \w+ (?:to|from) union type (\w+)\.$/.exec(description) ?? [];
  if (member !== undefined && union !== undefined)
    return { label: `${member} in ${union}`, owns: [union, member] };
  const [, added, by] = /^(\w+) added to interfaces implemented by (\w+)\.$/.exec(description) ?? [];
  const [, type = by, name = added] =
    /^(\w+) no longer implements interface (\w+)\.$/.exec(description) ?? [];
  if (type !== undefined && name !== undefined)
    return { label: `${type} implements ${name}`, owns: [type, name] };
  const [label = "schema"] = /[A-Za-z_]\w*\.\w+/.exec(description) ?? /^\w+/.exec(description) ?? [];
  const [of = label, field] = label.split(".");
  return { label, owns: field === undefined ? [of] : [of, field] };
}

type Owners = (subject: Subject["owns"]) => string | undefined;

/** Whose a type or a member is. A type that many extend is looked through once. */
function ownersIn({ entries }: Composition): Owners {
  const byType = new Map<string, ReadonlyMap<string, string>>();
  const membersOfType = (type: string): ReadonlyMap<string, string> => {
    const known = byType.get(type) ?? memberOwners(entries.get(type) ?? []);
    byType.set(type, known);
    return known;
  };
  return ([type, member]) =>
    member === undefined
      ? definitionOf(entries.get(type) ?? [])?.live?.part.origin.service
      : membersOfType(type).get(member);
}

function memberOwners(entry: TypeEntry): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const { node, live } of piecesInUse(entry)) {
    const service = live?.part.origin.service;
    if (service === undefined) continue;
    for (const member of membersOf(node)) if (!owners.has(member)) owners.set(member, service);
  }
  return owners;
}

function membersOf(node: Piece["node"]): readonly string[] {
  const lists = [
    "fields" in node ? node.fields : [],
    "values" in node ? node.values : [],
    "types" in node ? node.types : [],
    "interfaces" in node ? node.interfaces : [],
  ];
  return lists.flatMap((list) => (list ?? []).map(({ name }) => name.value));
}

// Definitions are parsed once per fragment: the same nodes say the same.
function nodesIn({ entries }: Composition, name: string): ReadonlySet<Piece["node"]> {
  return new Set(piecesInUse(entries.get(name) ?? []).map(({ node }) => node));
}

function sameNodes(one: ReadonlySet<Piece["node"]>, other: ReadonlySet<Piece["node"]>): boolean {
  return one.size === other.size && one.isSubsetOf(other);
}

// Of a type that many extend, what both sides say the same needs no look. The definition tells its kind.
function withoutShared(
  entry: TypeEntry | undefined,
  others: ReadonlySet<Piece["node"]>,
): TypeEntry | undefined {
  return entry?.filter(({ node }) => !isExtension(node) || !others.has(node));
}
