import type { Scope } from "@tidegate/core-registry";
import {
  type ConstDirectiveNode,
  DEFAULT_DEPRECATION_REASON,
  type FieldDefinitionNode,
  GraphQLDeprecatedDirective,
  GraphQLEnumType,
  type GraphQLEnumValueConfig,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  type GraphQLInputFieldConfig,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLOneOfDirective,
  type GraphQLOutputType,
  type GraphQLType,
  GraphQLUnionType,
  type InputValueDefinitionNode,
  Kind,
  type NamedTypeNode,
  type TypeNode,
} from "graphql";
import { definitionAndExtensions, definitionOf, type OwnedNode, type TypeEntry } from "./composition.ts";
import { fieldNodesOf, withLazyFields } from "./lazy.ts";

/** What a schema looks up for the types that it makes. */
export interface TypeLookups {
  /** Returns another type of the schema. Throws if the schema has no such type. */
  typeOf(name: string): GraphQLNamedType;
  /** Returns the resolver of a field. Undefined: the field reads the property of its name. */
  resolverOf(type: string, field: string, owner: OwnedNode): GraphQLFieldResolver<unknown, Scope> | undefined;
}

/** The least number of nodes of an object type whose fields are made one by one. */
const manyNodes = 64;

/**
 * Makes a type from its definition and extensions, as `buildASTSchema` of graphql-js does. graphql-js asks
 * for its fields and the types that these refer to when an operation needs them, so a schema costs only what
 * operations use of it.
 * @returns undefined for scalars and for types without a definition
 */
export function makeType(entry: TypeEntry, lookups: TypeLookups): GraphQLNamedType | undefined {
  const astNode = definitionOf(entry)?.node;
  if (astNode === undefined) return undefined;
  const name = astNode.name.value;
  const description = "description" in astNode ? astNode.description?.value : undefined;
  // An extension of another kind adds nothing, as in graphql-js. The check of the schema reports it.
  const kind = astNode.kind.replace("Definition", "");
  const nodes = definitionAndExtensions(entry).filter(({ node }) => node.kind.startsWith(kind));
  const astNodes = nodes.map(({ node }) => node);
  const named = (names: readonly NamedTypeNode[] | undefined): GraphQLNamedType[] =>
    (names ?? []).map((each) => lookups.typeOf(each.name.value));
  // Nothing here verifies the casts: the check of the schema reports types of a wrong kind.
  const interfaces = (): GraphQLInterfaceType[] =>
    astNodes.flatMap((node) =>
      "interfaces" in node ? named(node.interfaces) : [],
    ) as GraphQLInterfaceType[];
  const fields = () => fieldConfigs(name, nodes, lookups);
  switch (astNode.kind) {
    case Kind.OBJECT_TYPE_DEFINITION: {
      const extensionASTNodes = astNodes.filter((node) => node.kind === Kind.OBJECT_TYPE_EXTENSION);
      const config = { name, description, interfaces, fields, astNode, extensionASTNodes };
      const type = new GraphQLObjectType(config);
      if (nodes.length < manyNodes) return type;
      return withLazyFields(type, nodes, ({ node, owner }) => fieldConfig(name, node, owner, lookups));
    }
    case Kind.INTERFACE_TYPE_DEFINITION: {
      const extensionASTNodes = astNodes.filter((node) => node.kind === Kind.INTERFACE_TYPE_EXTENSION);
      return new GraphQLInterfaceType({ name, description, interfaces, fields, astNode, extensionASTNodes });
    }
    case Kind.UNION_TYPE_DEFINITION: {
      const extensionASTNodes = astNodes.filter((node) => node.kind === Kind.UNION_TYPE_EXTENSION);
      const types = (): GraphQLObjectType[] =>
        astNodes.flatMap((node) => ("types" in node ? named(node.types) : [])) as GraphQLObjectType[];
      return new GraphQLUnionType({ name, description, types, astNode, extensionASTNodes });
    }
    case Kind.ENUM_TYPE_DEFINITION: {
      const extensionASTNodes = astNodes.filter((node) => node.kind === Kind.ENUM_TYPE_EXTENSION);
      const values = enumValueConfigs(nodes);
      return new GraphQLEnumType({ name, description, values, astNode, extensionASTNodes });
    }
    case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
      const extensionASTNodes = astNodes.filter((node) => node.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION);
      const isOneOf =
        astNode.directives?.some(({ name }) => name.value === GraphQLOneOfDirective.name) === true;
      const inputFields = () => inputFieldConfigs(nodes, lookups);
      const config = { name, description, isOneOf, fields: inputFields, astNode, extensionASTNodes };
      return new GraphQLInputObjectType(config);
    }
    default:
      return undefined;
  }
}

type FieldConfigs = Record<string, GraphQLFieldConfig<unknown, Scope>>;
type InputFieldConfigs = Record<string, GraphQLInputFieldConfig>;
type EnumValueConfigs = Record<string, GraphQLEnumValueConfig>;

// Without a prototype, so that `constructor` and the like are ordinary names.
const emptyRecord = <Members extends object>(): Members => Object.create(null) as Members;

function fieldConfigs(type: string, nodes: readonly OwnedNode[], lookups: TypeLookups): FieldConfigs {
  const fields = emptyRecord<FieldConfigs>();
  for (const owner of nodes)
    for (const node of fieldNodesOf(owner)) fields[node.name.value] = fieldConfig(type, node, owner, lookups);
  return fields;
}

function fieldConfig(
  type: string,
  node: FieldDefinitionNode,
  owner: OwnedNode,
  lookups: TypeLookups,
): GraphQLFieldConfig<unknown, Scope> {
  const resolve = lookups.resolverOf(type, node.name.value, owner);
  return {
    type: typeFromNode(node.type, lookups) as GraphQLOutputType,
    description: node.description?.value,
    args: inputValueConfigs(node.arguments ?? [], lookups),
    ...(resolve === undefined ? {} : { resolve }),
    deprecationReason: deprecationReason(node),
    astNode: node,
  };
}

function inputFieldConfigs(nodes: readonly OwnedNode[], lookups: TypeLookups): InputFieldConfigs {
  const inputFields = nodes.flatMap(({ node }) =>
    node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION || node.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION
      ? (node.fields ?? [])
      : [],
  );
  return inputValueConfigs(inputFields, lookups);
}

function inputValueConfigs(
  nodes: readonly InputValueDefinitionNode[],
  lookups: TypeLookups,
): InputFieldConfigs {
  const configs = emptyRecord<InputFieldConfigs>();
  for (const node of nodes) {
    const type = typeFromNode(node.type, lookups) as GraphQLInputType;
    configs[node.name.value] = {
      type,
      description: node.description?.value,
      default: node.defaultValue && { literal: node.defaultValue },
      deprecationReason: deprecationReason(node),
      astNode: node,
    };
  }
  return configs;
}

function enumValueConfigs(nodes: readonly OwnedNode[]): EnumValueConfigs {
  const configs = emptyRecord<EnumValueConfigs>();
  for (const { node } of nodes) {
    if (!("values" in node)) continue;
    for (const value of node.values ?? [])
      configs[value.name.value] = {
        description: value.description?.value,
        deprecationReason: deprecationReason(value),
        astNode: value,
      };
  }
  return configs;
}

function typeFromNode(node: TypeNode, lookups: TypeLookups): GraphQLType {
  if (node.kind === Kind.NAMED_TYPE) return lookups.typeOf(node.name.value);
  if (node.kind === Kind.LIST_TYPE) return new GraphQLList(typeFromNode(node.type, lookups));
  return new GraphQLNonNull(
    typeFromNode(node.type, lookups) as ConstructorParameters<typeof GraphQLNonNull>[0],
  );
}

// Reads the literal: the function of graphql-js throws if it is of a wrong type. `compile` refuses that.
function deprecationReason(node: {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}): string | undefined {
  const directive = node.directives?.find(({ name }) => name.value === GraphQLDeprecatedDirective.name);
  if (directive === undefined) return undefined;
  const value = directive.arguments?.find(({ name }) => name.value === "reason")?.value;
  return value?.kind === Kind.STRING ? value.value : DEFAULT_DEPRECATION_REASON;
}
