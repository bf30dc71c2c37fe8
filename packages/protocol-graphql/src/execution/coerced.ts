import {
  type DocumentNode,
  GraphQLScalarType,
  type GraphQLSchema,
  Kind,
  type NamedTypeNode,
  type VariableDefinitionNode,
  visit,
} from "graphql";

const name = "__Coerced";
const scalar = new GraphQLScalarType({ name });
const type: NamedTypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } };

/** A schema as it is, and beside it a type of values that were coerced already. Nobody can ask for that type. */
export function coercedSchema(schema: GraphQLSchema): GraphQLSchema {
  const getType: GraphQLSchema["getType"] = (wanted) => (wanted === name ? scalar : schema.getType(wanted));
  return Object.create(schema, { getType: { value: getType } });
}

/** A valid document whose variables are taken as they are. Those of `@skip` and `@include` stay: jit asks for Boolean. */
export function coercedDocument(document: DocumentNode): DocumentNode {
  return visit(document, {
    VariableDefinition: (node) => (isBoolean(node) ? false : { ...node, type, defaultValue: undefined }),
  });
}

function isBoolean({ type }: VariableDefinitionNode): boolean {
  const inner = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  return inner.kind === Kind.NAMED_TYPE && inner.name.value === "Boolean";
}
