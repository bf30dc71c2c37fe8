import type { SubscribeConnector } from "@tidegate/core-registry";
import {
  type ASTNode,
  type GraphQLScalarType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  printSchema,
} from "graphql";
import { fieldKey, typeKey } from "../definitions/claims.ts";
import { interfacesOf, isTypeSystemNode, printWithoutDescriptions } from "../definitions/type-nodes.ts";
import { type Composition, definitionAndExtensions, type TypeEntry, type TypeLookup } from "./composition.ts";
import { subscribeConnectorOf } from "./resolvers.ts";
import { lazySchema, schemaSource } from "./schema.ts";

/**
 * The executable schema of one version of a branch, with what a `GraphQLSchema` cannot hold. A schema
 * coordinate names a type (`Player`) or a field (`Query.player`).
 */
export interface BuiltSchema {
  /** Lazy: makes each type when it is first used. */
  readonly schema: GraphQLSchema;
  /** Returns the connector of a field of `Subscription`. */
  subscribeConnector(field: string): SubscribeConnector | undefined;
  /** Prints the schema in the schema definition language. */
  print(): string;
  /**
   * Returns the definition, the connector and the policy rules at a coordinate as text. Equal texts in two
   * versions: a running subscription that uses the coordinate goes on.
   */
  fingerprint(coordinate: string): string;
  /**
   * Returns the objects that the definition at a coordinate consists of, resolvers and rules included. The
   * same objects in two versions: a compiled operation that uses the coordinate is valid for both.
   */
  definingObjects(coordinate: string): readonly unknown[];
}

/** Builds the schema of a composition that was checked. */
export function buildSchema(
  composition: Composition,
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): BuiltSchema {
  const lookup = composition.types.get;
  const source = schemaSource(composition, scalars);
  const schema = lazySchema(source);
  const fingerprints = new Map<string, string>();
  // The printed schema is long and rarely read, so the garbage collector can take it.
  let printed: WeakRef<{ readonly text: string }> | undefined;
  return {
    schema,
    subscribeConnector: (field) => subscribeConnectorOf(lookup("Subscription"), field),
    print: () => {
      // Printing makes all types. A second schema makes them, so that the served one does not keep them.
      const holder = printed?.deref() ?? { text: printSchema(lazySchema(source)) };
      printed = new WeakRef(holder);
      return holder.text;
    },
    fingerprint: (coordinate) => {
      const known = fingerprints.get(coordinate) ?? fingerprintOf(coordinate, schema, lookup);
      fingerprints.set(coordinate, known);
      return known;
    },
    definingObjects: (coordinate) => definingObjects(coordinate, schema, lookup),
  };
}

function fingerprintOf(coordinate: string, schema: GraphQLSchema, lookup: TypeLookup): string {
  const [typeName = "", field] = coordinate.split(".");
  const entry = lookup(typeName);
  if (entry === undefined) return "";
  if (field !== undefined) {
    const { node, fingerprint } = findField(entry, typeName, field) ?? {};
    return `${node === undefined ? "" : printWithoutDescriptions(node)} ${fingerprint ?? ""}`;
  }
  const type = schema.getType(typeName);
  if (isEnumType(type))
    return definitionAndExtensions(entry)
      .map(({ node }) => printWithoutDescriptions(node))
      .join("\n");
  // Fields have coordinates of their own.
  if (!isAbstractType(type)) return "";
  const possibleTypes = schema.getPossibleTypes(type).map(({ name }) => name);
  const functions = [typeName, ...possibleTypes].flatMap((name) =>
    (lookup(name) ?? []).flatMap(({ part }) => part?.compiled.data?.fingerprints.get(typeKey(name)) ?? []),
  );
  return JSON.stringify([possibleTypes, [...new Set(functions)]]);
}

function findField(
  entry: TypeEntry,
  type: string,
  name: string,
): { readonly node: ASTNode; readonly fingerprint: string | undefined } | undefined {
  for (const { node, part } of definitionAndExtensions(entry)) {
    const field = "fields" in node ? node.fields?.find((each) => each.name.value === name) : undefined;
    if (field === undefined) continue;
    return { node: field, fingerprint: part?.compiled.data?.fingerprints.get(fieldKey(type, name)) };
  }
  return undefined;
}

// Connectors are compiled together with the nodes of their fragment, so the same node has the same connector.
function definingObjects(coordinate: string, schema: GraphQLSchema, lookup: TypeLookup): readonly unknown[] {
  const [typeName = "", field] = coordinate.split(".");
  const entry = lookup(typeName);
  if (entry === undefined) return [schema.getType(typeName)];
  if (field !== undefined) return [findField(entry, typeName, field)?.node];
  const type = schema.getType(typeName);
  if (isEnumType(type) || isInputObjectType(type))
    return definitionAndExtensions(entry).map(({ node }) => node);
  const interfaces = entry.flatMap(({ node }) => (isTypeSystemNode(node) ? interfacesOf(node) : []));
  if (isObjectType(type)) return ["object", ...interfaces];
  if (!isAbstractType(type)) return [type];
  const possibleTypes = schema.getPossibleTypes(type).map(({ name }) => name);
  const functions = [typeName, ...possibleTypes].flatMap((name) =>
    (lookup(name) ?? []).flatMap(({ part }) => {
      const resolvers = part?.compiled.data?.types.get(name);
      return [resolvers?.resolveType, resolvers?.isTypeOf];
    }),
  );
  return [...possibleTypes, ...interfaces, ...functions.filter((each) => each !== undefined)];
}
