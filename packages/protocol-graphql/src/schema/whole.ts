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
import { isTypeNodes } from "../definitions/definition.ts";
import { normalText } from "../definitions/fingerprint.ts";
import type { OperationSchema } from "../execution/operations.ts";
import { type Composition, type EntryOf, type Piece, piecesInUse, type TypeEntry } from "./composition.ts";
import { interfacesOf } from "./live.ts";
import { isToldByFunctions, subscriptionOf } from "./resolve.ts";
import { schemaOf } from "./schema.ts";
import { sourceOf } from "./source.ts";

/** One whole of all parts: an executable schema, and what GraphQL has no place for. All of it is made when it is used. */
export interface Whole extends OperationSchema {
  /** What a field of `Subscription` receives. */
  subscriptionOf(field: string): SubscribeConnector | undefined;
  /** The schema as text, made when it is asked for. */
  text(): string;
  /** What makes a field or a type what it is, rules included. Equal texts, and who uses it can go on. */
  fingerprint(touched: string): string;
}

/** Makes one whole of checked parts. */
export function wholeOf(composition: Composition, scalars: ReadonlyMap<string, GraphQLScalarType>): Whole {
  const { entries } = composition;
  const source = sourceOf(composition, scalars);
  const schema = schemaOf(source);
  const fingerprints = new Map<string, string>();
  // Long, and seldom wanted: kept as long as memory is not.
  let text: WeakRef<{ readonly text: string }> | undefined;
  return {
    schema,
    isSlow: (name) => {
      const type = schema.getType(name);
      return isAbstractType(type) && isToldByFunctions(type, schema.getPossibleTypes(type), entries.get);
    },
    subscriptionOf: (field) => subscriptionOf(entries.get("Subscription"), field),
    text: () => {
      // Of a schema of its own: one that was asked for all its types keeps them.
      const made = text?.deref() ?? { text: printSchema(schemaOf(source)) };
      text = new WeakRef(made);
      return made.text;
    },
    fingerprint: (touched) => {
      const known = fingerprints.get(touched) ?? essenceOf(touched, schema, entries.get);
      fingerprints.set(touched, known);
      return known;
    },
    marks: (touched) => marksOf(touched, schema, entries.get),
  };
}

function essenceOf(touched: string, schema: GraphQLSchema, entryOf: EntryOf): string {
  const [type = "", field] = touched.split(".");
  const entry = entryOf(type);
  if (entry === undefined) return "";
  if (field !== undefined) {
    const { node, connector } = fieldIn(entry, type, field) ?? {};
    return `${node === undefined ? "" : normalText(node)} ${connector ?? ""}`;
  }
  // What the fields of an object are is asked field by field.
  const named = schema.getType(type);
  if (isEnumType(named))
    return piecesInUse(entry)
      .map(({ node }) => normalText(node))
      .join("\n");
  if (!isAbstractType(named)) return "";
  const members = schema.getPossibleTypes(named).map(({ name }) => name);
  const functions = [type, ...members].flatMap((name) =>
    (entryOf(name) ?? []).flatMap(
      ({ live }) => live?.part.compiled.data?.fingerprints.get(typeKey(name)) ?? [],
    ),
  );
  return JSON.stringify([members, [...new Set(functions)]]);
}

function fieldIn(
  entry: TypeEntry,
  type: string,
  name: string,
): { readonly node: ASTNode; readonly connector: string | undefined } | undefined {
  for (const { node, live } of piecesInUse(entry)) {
    const field = "fields" in node ? node.fields?.find((each) => each.name.value === name) : undefined;
    if (field === undefined) continue;
    return { node: field, connector: live?.part.compiled.data?.fingerprints.get(fieldKey(type, name)) };
  }
  return undefined;
}

// The same nodes of the same fragment mean the same: its connectors were compiled with them.
function marksOf(touched: string, schema: GraphQLSchema, entryOf: EntryOf): readonly unknown[] {
  const [type = "", field] = touched.split(".");
  const entry = entryOf(type);
  if (entry === undefined) return [schema.getType(type)];
  if (field !== undefined) return [fieldIn(entry, type, field)?.node];
  const named = schema.getType(type);
  const nodes = (pieces: readonly Piece[]): readonly unknown[] => pieces.map(({ node }) => node);
  if (isEnumType(named) || isInputObjectType(named)) return nodes(piecesInUse(entry));
  const implemented = entry.flatMap(({ node }) => (isTypeNodes(node) ? interfacesOf(node) : []));
  if (isObjectType(named)) return ["object", ...implemented];
  if (!isAbstractType(named)) return [named];
  const members = schema.getPossibleTypes(named).map(({ name }) => name);
  const functions = [type, ...members].flatMap((name) =>
    (entryOf(name) ?? []).flatMap(({ live }) => {
      const made = live?.part.compiled.data?.types.get(name);
      return [made?.resolveType, made?.isTypeOf];
    }),
  );
  return [...members, ...implemented, ...functions.filter((each) => each !== undefined)];
}
