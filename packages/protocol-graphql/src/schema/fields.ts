import type { Scope } from "@tidegate/core-registry";
import {
  type ConstDirectiveNode,
  coerceInputLiteral,
  type FieldDefinitionNode,
  type GraphQLDefaultInput,
  GraphQLDeprecatedDirective,
  type GraphQLEnumValueConfig,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  type GraphQLInputFieldConfig,
  type GraphQLInputType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  type GraphQLOutputType,
  type GraphQLType,
  getDirectiveValues,
  type InputValueDefinitionNode,
  Kind,
  type TypeNode,
} from "graphql";
import type { Piece } from "./composition.ts";

/** What a type is made with. */
export interface TypeSurroundings {
  /** Another type by name. Throws where there is none. */
  typeOf(name: string): GraphQLNamedType;
  /** What makes the value of a field; undefined: the property of its name. */
  resolverOf(type: string, field: string, piece: Piece): GraphQLFieldResolver<unknown, Scope> | undefined;
}

type Fields = Record<string, GraphQLFieldConfig<unknown, Scope>>;
type InputFields = Record<string, GraphQLInputFieldConfig>;
type Values = Record<string, GraphQLEnumValueConfig>;

// Without a prototype: `constructor` and the like are names as all others.
const nothing = <Members extends object>(): Members => Object.create(null) as Members;

/** The fields of an object type or an interface. */
export function fieldsOf(type: string, pieces: readonly Piece[], around: TypeSurroundings): Fields {
  const fields = nothing<Fields>();
  for (const piece of pieces)
    for (const node of fieldNodesOf(piece)) fields[node.name.value] = fieldOf(type, node, piece, around);
  return fields;
}

/** The fields that a piece defines. */
export function fieldNodesOf({ node }: Piece): readonly FieldDefinitionNode[] {
  if (!("fields" in node)) return [];
  return (node.fields ?? []).filter((field) => field.kind === Kind.FIELD_DEFINITION);
}

/** One field, with its resolver. */
export function fieldOf(
  type: string,
  node: FieldDefinitionNode,
  piece: Piece,
  around: TypeSurroundings,
): GraphQLFieldConfig<unknown, Scope> {
  const resolve = around.resolverOf(type, node.name.value, piece);
  return {
    type: typeOf(node.type, around) as GraphQLOutputType,
    description: node.description?.value,
    args: inputsOf(node.arguments, around),
    ...(resolve === undefined ? {} : { resolve }),
    deprecationReason: deprecationOf(node),
    astNode: node,
  };
}

/** The fields of an input type. */
export function inputFieldsOf(pieces: readonly Piece[], around: TypeSurroundings): InputFields {
  const all = pieces.flatMap(({ node }) =>
    node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION || node.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION
      ? (node.fields ?? [])
      : [],
  );
  return inputsOf(all, around);
}

function inputsOf(
  nodes: readonly InputValueDefinitionNode[] | undefined,
  around: TypeSurroundings,
): InputFields {
  const inputs = nothing<InputFields>();
  for (const node of nodes ?? []) {
    const type = typeOf(node.type, around) as GraphQLInputType;
    inputs[node.name.value] = {
      type,
      description: node.description?.value,
      default: node.defaultValue && defaultOf(node.defaultValue, type),
      deprecationReason: deprecationOf(node),
      astNode: node,
    };
  }
  return inputs;
}

/** A default in both forms: graphql 17 keeps the literal, graphql-jit reads the value. */
function defaultOf(
  literal: Exclude<InputValueDefinitionNode["defaultValue"], undefined>,
  type: GraphQLInputType,
): GraphQLDefaultInput {
  let made: { readonly value: unknown } | undefined;
  // Made when it is read: the fields of an input type are not there while they are made.
  const both = {
    literal,
    get value(): unknown {
      made ??= { value: coerceInputLiteral(literal, type) };
      return made.value;
    },
  };
  return both as GraphQLDefaultInput;
}

/** The values of an enum. */
export function valuesOf(pieces: readonly Piece[]): Values {
  const values = nothing<Values>();
  for (const { node } of pieces) {
    if (!("values" in node)) continue;
    for (const value of node.values ?? [])
      values[value.name.value] = {
        description: value.description?.value,
        deprecationReason: deprecationOf(value),
        astNode: value,
      };
  }
  return values;
}

function typeOf(node: TypeNode, around: TypeSurroundings): GraphQLType {
  if (node.kind === Kind.NAMED_TYPE) return around.typeOf(node.name.value);
  if (node.kind === Kind.LIST_TYPE) return new GraphQLList(typeOf(node.type, around));
  return new GraphQLNonNull(typeOf(node.type, around) as ConstructorParameters<typeof GraphQLNonNull>[0]);
}

function deprecationOf(node: {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}): string | undefined {
  if (node.directives === undefined || node.directives.length === 0) return undefined;
  const reason = getDirectiveValues(GraphQLDeprecatedDirective, node)?.reason;
  return typeof reason === "string" ? reason : undefined;
}
