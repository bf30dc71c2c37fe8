import {
  type DocumentNode,
  type GraphQLScalarType,
  type GraphQLSchema,
  isScalarType,
  parse,
  specifiedScalarTypes,
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

const documents = new WeakMap<ReadonlyMap<string, GraphQLScalarType>, Map<string, DocumentNode>>();

/** The document of the provided types, always the same one; root types without fields are made where somebody extends them. */
export function providedDocument(
  scalars: ReadonlyMap<string, GraphQLScalarType>,
  roots: readonly string[],
): DocumentNode {
  const known = documents.get(scalars) ?? new Map<string, DocumentNode>();
  documents.set(scalars, known);
  const named = [
    ...[...scalars.keys()].map((name) => `scalar ${name}`),
    ...roots.map((root) => `type ${root}`),
  ];
  const text = `${definitions}${named.join("\n")}`;
  const document = known.get(text) ?? parse(text, { noLocation: true });
  known.set(text, document);
  return document;
}

/** Names that no fragment can define. */
export function providedNames(scalars: ReadonlyMap<string, GraphQLScalarType>): ReadonlySet<string> {
  const builtIn = specifiedScalarTypes.map(({ name }) => name);
  return new Set([...builtIn, ...scalars.keys(), "Node", "Query", "Mutation", "Subscription"]);
}

/** Gives a built schema's scalars their functions, which no text can hold. */
export function attachScalars(schema: GraphQLSchema, scalars: ReadonlyMap<string, GraphQLScalarType>): void {
  for (const [name, scalar] of scalars) {
    const type = schema.getType(name);
    if (!isScalarType(type)) continue;
    const { description, specifiedByURL, serialize, parseValue, coerceOutputValue, coerceInputValue } =
      scalar;
    Object.assign(type, {
      description,
      specifiedByURL,
      serialize,
      parseValue,
      coerceOutputValue,
      coerceInputValue,
    });
  }
}
