import type { Part, SubscribeConnector } from "@tidegate/core-registry";
import { type GraphQLScalarType, type GraphQLSchema, isAbstractType, isEnumType, printSchema } from "graphql";
import { fieldKey, typeKey } from "../definitions/claims.ts";
import type { GraphQLData } from "../definitions/compile.ts";
import { normalText } from "../definitions/essence.ts";
import type { OperationSchema } from "../execution/operations.ts";
import { attachResolvers } from "./attach.ts";
import { type LivePart, mendDefaults } from "./build.ts";
import { attachScalars } from "./provided.ts";

/** One whole of all parts: an executable schema, and what GraphQL has no place for. */
export interface Whole extends OperationSchema {
  /** What the fields of `Subscription` receive. */
  readonly subscriptions: ReadonlyMap<string, SubscribeConnector>;
  /** The schema as text, made when first asked for. */
  text(): string;
  /** What makes a field or an abstract type what it is, rules included. Equal texts, and who uses it can go on. */
  essence(touched: string): string;
}

/**
 * Makes one whole of checked parts.
 * @param schema of the parts; it is given its functions and resolvers here
 */
export function wholeOf(
  parts: readonly LivePart[],
  schema: GraphQLSchema,
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): Whole {
  attachScalars(schema, scalars);
  mendDefaults(schema);
  const data = parts.flatMap(({ part }) => part.compiled.data ?? []);
  const { subscriptions, slow } = attachResolvers(
    schema,
    data.map(({ types }) => types),
  );
  let text: string | undefined;
  const essences = new Map<string, string>();
  return {
    schema,
    slow,
    subscriptions,
    text: () => {
      text ??= printSchema(schema);
      return text;
    },
    essence: (touched) => {
      const known = essences.get(touched) ?? essenceOf(touched, schema, data);
      essences.set(touched, known);
      return known;
    },
  };
}

function essenceOf(touched: string, schema: GraphQLSchema, data: readonly GraphQLData[]): string {
  const [type = "", field] = touched.split(".");
  const named = schema.getType(type);
  if (named === undefined) return "";
  if (field !== undefined) {
    const key = fieldKey(type, field);
    const connector = data.map(({ essences }) => essences.get(key)).find((essence) => essence !== undefined);
    const node = "getFields" in named ? named.getFields()[field]?.astNode : undefined;
    return `${node == null ? "" : normalText(node)} ${connector ?? ""}`;
  }
  // What the fields of an object are is asked field by field.
  if (isEnumType(named)) return named.astNode == null ? "" : normalText(named.astNode);
  if (!isAbstractType(named)) return "";
  const members = schema.getPossibleTypes(named).map(({ name }) => name);
  const functions = [type, ...members].flatMap((name) =>
    data.flatMap(({ essences }) => essences.get(typeKey(name)) ?? []),
  );
  return JSON.stringify([members, functions]);
}

/** The parts of a part list in one order, whatever order they came in. */
export function inOrder(parts: readonly Part<GraphQLData>[]): readonly Part<GraphQLData>[] {
  return [...parts].sort((one, other) => (one.origin.service < other.origin.service ? -1 : 1));
}
