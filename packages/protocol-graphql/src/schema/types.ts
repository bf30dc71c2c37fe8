import {
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  type GraphQLNamedType,
  GraphQLObjectType,
  GraphQLOneOfDirective,
  GraphQLUnionType,
  getDirectiveValues,
  Kind,
  type NamedTypeNode,
} from "graphql";
import { definitionOf, piecesInUse, type TypeEntry } from "./composition.ts";
import { fieldsOf, inputFieldsOf, type TypeSurroundings, valuesOf } from "./fields.ts";
import { manyPieces, withLazyFields } from "./lazy-fields.ts";

/**
 * Makes a type of what is said of it, as graphql's `buildASTSchema` does. Its fields are made when somebody asks for them,
 * and so are the types that these name: a schema costs what of it is used.
 * @returns undefined for scalars, and where nothing defines the type
 */
export function makeType(entry: TypeEntry, around: TypeSurroundings): GraphQLNamedType | undefined {
  const astNode = definitionOf(entry)?.node;
  if (astNode === undefined) return undefined;
  const name = astNode.name.value;
  const description = "description" in astNode ? astNode.description?.value : undefined;
  // An extension of another kind adds nothing, as in graphql; the check tells it.
  const kind = astNode.kind.replace("Definition", "");
  const pieces = piecesInUse(entry).filter(({ node }) => node.kind.startsWith(kind));
  const nodes = pieces.map(({ node }) => node);
  const named = (names: readonly NamedTypeNode[] | undefined): GraphQLNamedType[] =>
    (names ?? []).map((each) => around.typeOf(each.name.value));
  // What a name stands for is judged by the check, which tells more than a cast would.
  const interfaces = (): GraphQLInterfaceType[] =>
    nodes.flatMap((node) => ("interfaces" in node ? named(node.interfaces) : [])) as GraphQLInterfaceType[];
  const fields = () => fieldsOf(name, pieces, around);
  switch (astNode.kind) {
    case Kind.OBJECT_TYPE_DEFINITION: {
      const extensionASTNodes = nodes.filter((node) => node.kind === Kind.OBJECT_TYPE_EXTENSION);
      const type = new GraphQLObjectType({
        name,
        description,
        interfaces,
        fields,
        astNode,
        extensionASTNodes,
      });
      return pieces.length < manyPieces ? type : withLazyFields(type, pieces, around);
    }
    case Kind.INTERFACE_TYPE_DEFINITION: {
      const extensionASTNodes = nodes.filter((node) => node.kind === Kind.INTERFACE_TYPE_EXTENSION);
      return new GraphQLInterfaceType({ name, description, interfaces, fields, astNode, extensionASTNodes });
    }
    case Kind.UNION_TYPE_DEFINITION: {
      const extensionASTNodes = nodes.filter((node) => node.kind === Kind.UNION_TYPE_EXTENSION);
      const types = (): GraphQLObjectType[] =>
        nodes.flatMap((node) => ("types" in node ? named(node.types) : [])) as GraphQLObjectType[];
      return new GraphQLUnionType({ name, description, types, astNode, extensionASTNodes });
    }
    case Kind.ENUM_TYPE_DEFINITION: {
      const extensionASTNodes = nodes.filter((node) => node.kind === Kind.ENUM_TYPE_EXTENSION);
      const values = valuesOf(pieces);
      return new GraphQLEnumType({ name, description, values, astNode, extensionASTNodes });
    }
    case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
      const extensionASTNodes = nodes.filter((node) => node.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION);
      const isOneOf = getDirectiveValues(GraphQLOneOfDirective, astNode) !== undefined;
      return new GraphQLInputObjectType({
        name,
        description,
        isOneOf,
        fields: () => inputFieldsOf(pieces, around),
        astNode,
        extensionASTNodes,
      });
    }
    default:
      return undefined;
  }
}
