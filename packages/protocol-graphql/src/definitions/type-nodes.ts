import type {
  ASTNode,
  ConstDirectiveNode,
  DefinitionNode,
  DocumentNode,
  EnumTypeDefinitionNode,
  EnumTypeExtensionNode,
  FieldDefinitionNode,
  InputObjectTypeDefinitionNode,
  InputObjectTypeExtensionNode,
  InputValueDefinitionNode,
  InterfaceTypeDefinitionNode,
  InterfaceTypeExtensionNode,
  ObjectTypeDefinitionNode,
  ObjectTypeExtensionNode,
  TypeNode,
  UnionTypeDefinitionNode,
  UnionTypeExtensionNode,
} from "graphql";
import { Kind, print, visit } from "graphql";

/**
 * A type definition or type extension that a fragment can contain (S5.1): of every kind of type but scalars.
 */
export type TypeSystemNode =
  | ObjectTypeDefinitionNode
  | ObjectTypeExtensionNode
  | InterfaceTypeDefinitionNode
  | InterfaceTypeExtensionNode
  | InputObjectTypeDefinitionNode
  | InputObjectTypeExtensionNode
  | UnionTypeDefinitionNode
  | UnionTypeExtensionNode
  | EnumTypeDefinitionNode
  | EnumTypeExtensionNode;

const kinds: ReadonlySet<string> = new Set([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_EXTENSION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_EXTENSION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.UNION_TYPE_EXTENSION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.ENUM_TYPE_EXTENSION,
]);

/** The names of the root operation types. Fragments extend them and never define them. */
export const rootTypes: readonly string[] = ["Query", "Mutation", "Subscription"];

/** Whether a fragment can contain a definition. */
export function isTypeSystemNode(node: DefinitionNode): node is TypeSystemNode {
  return kinds.has(node.kind);
}

/** The type definitions and type extensions of a document, in its order. */
export function typeSystemNodes(document: DocumentNode): TypeSystemNode[] {
  return document.definitions.filter(isTypeSystemNode);
}

/** Whether a node extends a type instead of defining it. */
export function isExtension(node: { readonly kind: string }): boolean {
  return node.kind.endsWith("Extension");
}

/** The keyword of a node in the schema definition language. */
export function keywordOf({ kind }: TypeSystemNode): "type" | "interface" | "input" | "union" | "enum" {
  if (kind.startsWith("Object")) return "type";
  if (kind.startsWith("Interface")) return "interface";
  if (kind.startsWith("Union")) return "union";
  return kind.startsWith("Enum") ? "enum" : "input";
}

/** The fields of an object type, an interface or an input type. Empty for other types. */
export function fieldsOf(node: TypeSystemNode): readonly (FieldDefinitionNode | InputValueDefinitionNode)[] {
  return "fields" in node ? (node.fields ?? []) : [];
}

/** The names of the interfaces that a node declares its type to implement. */
export function interfacesOf(node: TypeSystemNode): readonly string[] {
  return "interfaces" in node ? (node.interfaces ?? []).map(({ name }) => name.value) : [];
}

/** The name of the type inside of list types and non-null types. */
export function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}

/** Whether a definition has the directive `@deprecated`. */
export function isDeprecated(node: {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}): boolean {
  return node.directives?.some(({ name }) => name.value === "deprecated") ?? false;
}

/** Prints a node without descriptions and comments (S1.4). Equal texts mean equal definitions. */
export function printWithoutDescriptions(node: ASTNode): string {
  return print(
    visit(node, {
      enter: (child) =>
        "description" in child && child.description !== undefined ? withoutDescription(child) : undefined,
    }),
  );
}

function withoutDescription<Node extends ASTNode>(node: Node): Node {
  return { ...node, description: undefined };
}
