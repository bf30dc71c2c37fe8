import type {
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
import { Kind } from "graphql";

/** What a fragment may define or extend (S5.1): everything but scalars, directives and the schema itself. */
export type TypeNodes =
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

/** Whether a definition is one that a fragment may hold. */
export function isTypeNodes(node: DefinitionNode): node is TypeNodes {
  return kinds.has(node.kind);
}

/** The definitions of a document that a fragment may hold. */
export function typeNodesOf(document: DocumentNode): TypeNodes[] {
  return document.definitions.filter(isTypeNodes);
}

/** Whether it adds to a type that is defined elsewhere. */
export function isExtension(node: { readonly kind: string }): boolean {
  return node.kind.endsWith("Extension");
}

/** How people write a kind of type: `type`, `interface`, `input`, `union`, `enum`. */
export function wordOf({ kind }: TypeNodes): string {
  if (kind.startsWith("Object")) return "type";
  return kind.startsWith("InputObject") ? "input" : kind.replace(/Type.*/, "").toLowerCase();
}

/** The fields of an object, interface or input type; empty for others. */
export function fieldsOf(node: TypeNodes): readonly (FieldDefinitionNode | InputValueDefinitionNode)[] {
  return "fields" in node ? (node.fields ?? []) : [];
}

/** The name inside of lists and non-nulls. */
export function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

/** Whether it is marked as deprecated. */
export function isDeprecated(node: {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}): boolean {
  return node.directives?.some(({ name }) => name.value === "deprecated") ?? false;
}
