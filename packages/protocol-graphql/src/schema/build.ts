import type { Part } from "@tidegate/core-registry";
import {
  coerceInputLiteral,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLScalarType,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  type TypeDefinitionNode,
  type TypeExtensionNode,
} from "graphql";
import type { GraphQLData } from "../definitions/compile.ts";
import { isExtension, type TypeNodes } from "../definitions/definition.ts";
import { providedDocument } from "./provided.ts";
import { prune } from "./prune.ts";

/** The definitions of one part that do not wait. */
export interface LivePart {
  /** The part. */
  readonly part: Part<GraphQLData>;
  /** What of it is served. */
  readonly definitions: readonly TypeNodes[];
}

/** The parts without what waits. */
export function livePart(part: Part<GraphQLData>): LivePart {
  const { data } = part.compiled;
  return { part, definitions: data === undefined ? [] : prune(data.document, part.waiting) };
}

/** The definitions of a whole, provided ones first. */
export type MergedDefinitions = readonly (TypeDefinitionNode | TypeExtensionNode)[];

/** One document of the provided types and all definitions; of definitions that several hold, the first. */
export function mergedDefinitions(
  lists: readonly (readonly TypeNodes[])[],
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): MergedDefinitions {
  const roots = ["Mutation", "Subscription"].filter((root) =>
    lists.some((definitions) => definitions.some(({ name }) => name.value === root)),
  );
  const provided = providedDocument(scalars, roots).definitions as readonly TypeDefinitionNode[];
  const taken = new Map<string, number>();
  const own = lists.flatMap((definitions, index) =>
    definitions.filter((node) => {
      if (isExtension(node)) return true;
      const first = taken.get(node.name.value) ?? index;
      taken.set(node.name.value, first);
      return first === index;
    }),
  );
  return [...provided, ...own];
}

/**
 * Writes defaults of arguments and input fields in the forms that graphql-jit reads: it takes `default.value`, and for
 * variables `defaultValue`; graphql 17 keeps only the literal of what came from a text.
 */
export function mendDefaults(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) for (const field of Object.values(type.getFields())) mend(field);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) for (const arg of field.args) mend(arg);
  }
}

function mend(input: GraphQLArgument | GraphQLInputField): void {
  const literal = input.default?.literal;
  if (literal === undefined) return;
  const value = coerceInputLiteral(literal, input.type);
  Object.assign(input, { default: { value, literal }, defaultValue: value });
}
