import type { Assembled, Change, Endpoint } from "@tidegate/core-registry";
import {
  BreakingChangeType,
  DangerousChangeType,
  findSchemaChanges,
  type GraphQLNamedType,
  type GraphQLSchema,
  specifiedScalarTypes,
} from "graphql";

/**
 * What differs between two wholes: root fields and mapped fields by what they are mapped to, and all else as GraphQL
 * tells changes of a schema. Of a whole that is the first, its fields.
 */
export function difference(
  before: Assembled,
  after: Assembled,
  oldSchema: GraphQLSchema | undefined,
  newSchema: GraphQLSchema | undefined,
): readonly Change[] {
  if (before === after) return [];
  const old = new Map(before.endpoints.map((endpoint) => [endpoint.key, endpoint]));
  const told = new Set<string>();
  const changes: Change[] = [];
  const tell = (endpoint: Endpoint, kind: Change["kind"], level: Change["level"]): void => {
    told.add(endpoint.label);
    const { label, origin } = endpoint;
    changes.push({ kind, plugin: "GraphQL", label, level, service: origin.service });
  };
  for (const endpoint of after.endpoints) {
    const known = old.get(endpoint.key);
    old.delete(endpoint.key);
    if (known === undefined) tell(endpoint, "added", "safe");
    else if (known.essence !== endpoint.essence) tell(endpoint, "changed", "dangerous");
  }
  for (const endpoint of old.values()) tell(endpoint, "removed", "breaking");
  return oldSchema === undefined || newSchema === undefined
    ? changes
    : [...changes, ...schemaChanges(oldSchema, newSchema, told)];
}

function schemaChanges(before: GraphQLSchema, after: GraphQLSchema, told: ReadonlySet<string>): Change[] {
  const isKnown = (type: string): boolean =>
    before.getType(type) !== undefined || after.getType(type) !== undefined;
  const same = (one: GraphQLNamedType | undefined, other: GraphQLNamedType | undefined): boolean =>
    one !== undefined && other !== undefined && sameNodes(nodesOf(one), nodesOf(other));
  const changedOnly = (schema: GraphQLSchema): GraphQLSchema => {
    const types = Object.entries(schema.getTypeMap()).filter(
      ([name]) => !same(before.getType(name), after.getType(name)),
    );
    return Object.create(schema, { getTypeMap: { value: () => Object.fromEntries(types) } });
  };
  return findSchemaChanges(changedOnly(before), changedOnly(after)).flatMap(
    ({ type, description }): Change[] => {
      const label = labelOf(description, isKnown);
      // Scalars of the language come and go with who uses them.
      const isOwn = specifiedScalarTypes.some(({ name }) => name === label);
      if (told.has(label) || isOwn || type === "DESCRIPTION_CHANGED") return [];
      const kind = type.includes("REMOVED") ? "removed" : type.includes("ADDED") ? "added" : "changed";
      return [{ kind, plugin: "GraphQL", label, level: levelOf(type), detail: description }];
    },
  );
}

// The sentence names what it is about: `Field Player.name was removed.`
function labelOf(description: string, isKnown: (type: string) => boolean): string {
  const names = description.match(/[A-Za-z_]\w*(?:\.\w+)?/g) ?? [];
  const known = names.filter((name) => isKnown(name.split(".")[0] ?? ""));
  return known.find((name) => name.includes(".")) ?? known[0] ?? "schema";
}

function levelOf(type: string): Change["level"] {
  if (Object.hasOwn(BreakingChangeType, type)) return "breaking";
  return Object.hasOwn(DangerousChangeType, type) ? "dangerous" : "safe";
}

// Definitions are parsed once per fragment: the same nodes say the same.
function nodesOf({ astNode, extensionASTNodes }: GraphQLNamedType): readonly unknown[] {
  return [astNode, ...extensionASTNodes];
}

function sameNodes(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((node, index) => node === other[index]);
}
