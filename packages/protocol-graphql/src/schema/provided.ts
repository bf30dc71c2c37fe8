import {
  type GraphQLScalarType,
  isTypeDefinitionNode,
  parse,
  specifiedScalarTypes,
  type TypeDefinitionNode,
} from "graphql";

/** The types that every schema has (S5.1); scalars beside them. */
const definitions = `
"Something with an identifier of its own."
interface Node {
  id: ID!
}

type Query {
  "Nothing for now: no service says which nodes are its own."
  node(id: ID!): Node
  "The version of the API that answers: a tag of its branch."
  _version: String!
}
`;

const documents = new WeakMap<ReadonlyMap<string, GraphQLScalarType>, readonly TypeDefinitionNode[]>();

/** The definitions of the provided types, scalars included; always the same ones. */
export function providedDefinitions(
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): readonly TypeDefinitionNode[] {
  const named = [...scalars.keys()].map((name) => `scalar ${name}`);
  const known = documents.get(scalars) ?? definitionsOf(`${definitions}${named.join("\n")}`);
  documents.set(scalars, known);
  return known;
}

/** Root types without fields of their own: there where somebody extends them. */
export const providedRoots: readonly TypeDefinitionNode[] = definitionsOf("type Mutation type Subscription");

function definitionsOf(text: string): readonly TypeDefinitionNode[] {
  return parse(text, { noLocation: true }).definitions.filter(isTypeDefinitionNode);
}

/** Names that no fragment can define. */
export function providedNames(scalars: ReadonlyMap<string, GraphQLScalarType>): ReadonlySet<string> {
  const builtIn = specifiedScalarTypes.map(({ name }) => name);
  return new Set([...builtIn, ...scalars.keys(), "Node", "Query", "Mutation", "Subscription"]);
}
