import type { Explanations } from "./explanation.ts";

/** Codes of findings about GraphQL, and of the errors of GraphQL requests. */
export const graphqlCodes: Explanations = {
  GRAPHQL_SYNTAX: {
    meaning: "`typeDefs` is no valid GraphQL.",
    example: "extend type Query { player(id ID!): Player }",
    mend: "Correct the text at the place that the finding shows.",
  },
  GRAPHQL_INVALID: {
    meaning: "The types are not valid together: the message is that of the GraphQL specification.",
    example: "type Player implements Node { name: String }, and `Node` has a field `id`",
    mend: "Correct the definition at the place that the finding shows.",
  },
  GRAPHQL_DEFINITION: {
    meaning:
      "`typeDefs` contains a definition that a fragment cannot have, such as a query or a schema definition.",
    example: "schema { query: MyQuery }",
    mend: "Write types, and `extend type Query { ... }` for fields of the roots.",
  },
  GRAPHQL_PROVIDED: {
    meaning: "The gateway itself provides the type, so a fragment cannot define it.",
    example: "type Query { player: Player }",
    mend: "Extend root types: `extend type Query { ... }`. Choose another name for other types.",
  },
  GRAPHQL_TOO_MANY_TYPES: {
    meaning: "The fragment defines more types than the limit of the gateway.",
    example: "501 types in one fragment",
    mend: "Split the service, or ask the operator to raise the limit.",
  },
  GRAPHQL_TOO_MANY_FIELDS: {
    meaning: "The fragment defines more fields in one type than the limit of the gateway.",
    example: "1,001 fields in one type",
    mend: "Split the service, or ask the operator to raise the limit.",
  },
  GRAPHQL_TOO_MANY_VALUES: {
    meaning: "The fragment defines more values in one enum than the limit of the gateway.",
    example: "1,001 values in one enum",
    mend: "Split the service, or ask the operator to raise the limit.",
  },
  GRAPHQL_TOO_MANY_ARGUMENTS: {
    meaning: "The fragment defines more arguments of one field than the limit of the gateway.",
    example: "101 arguments of one field",
    mend: "Split the service, or ask the operator to raise the limit.",
  },
  GRAPHQL_TOO_MANY_MEMBERS: {
    meaning:
      "The fragment defines more members of one union, or more interfaces of one type, than the " +
      "limit of the gateway.",
    example: "501 members of one union",
    mend: "Split the service, or ask the operator to raise the limit.",
  },
  GRAPHQL_TOO_MANY_DEFINITIONS: {
    meaning:
      "The fragment defines more types, fields, arguments, values, members and directives " +
      "together than the limit of the gateway.",
    example: "5,001 fields in six types",
    mend: "Split the service, or ask the operator to raise the limit.",
  },
  GRAPHQL_TOO_MANY_WAITING: {
    meaning:
      "The fragment defines more definitions that refer to types of other fragments than the " +
      "limit of the gateway.",
    example: "1,001 fields of types that other services define",
    mend: "Split the service, or ask the operator to raise the limit.",
  },
  GRAPHQL_TOO_DEEP: {
    meaning: "The brackets of the definitions are nested deeper than the gateway reads.",
    example: "a default value of 101 lists in each other",
    mend: "Write a flatter value or type.",
  },
  GRAPHQL_TOO_LARGE: {
    meaning: "The definitions have more tokens than the gateway reads.",
    example: "typeDefs of a megabyte",
    mend: "Split the service.",
  },
  GRAPHQL_RESOLVER_FOREIGN: {
    meaning: "A resolver is for a field or type that this fragment does not define.",
    example: '{ "typeDefs": "type Player { id: ID }", "resolvers": { "Team": { "name": "() => 1" } } }',
    mend: "Define the field here with `extend type`, or move the resolver to the fragment that defines it.",
  },
  GRAPHQL_RESOLVER_KIND: {
    meaning: "A resolver is for a field of an input, enum or another type that has no resolvers.",
    example:
      '{ "typeDefs": "input Filter { name: String }", "resolvers": { "Filter": { "name": "() => 1" } } }',
    mend: "Remove the resolver.",
  },
  GRAPHQL_PUBLISH: {
    meaning: "Only fields of `Mutation` can publish events.",
    example: '{ "resolvers": { "Query": { "ping": { "publish": { "event": "ping" } } } } }',
    mend: "Move the field to `Mutation`, or use `call` or `map`.",
  },
  GRAPHQL_SUBSCRIPTION: {
    meaning: "Fields of `Subscription` have `subscribe` and no other connector; other fields cannot have it.",
    example: '{ "resolvers": { "Subscription": { "scored": { "call": "player.get" } } } }',
    mend: "Use `subscribe` in `Subscription`, and only there.",
  },
  GRAPHQL_TYPE_FUNCTION: {
    meaning: "A function of a type, such as `__resolveType`, is missing or is no function.",
    example: '{ "resolvers": { "SearchResult": { "__resolveType": {} } } }',
    mend: "Write the text of a function.",
  },
  GRAPHQL_UNRESOLVED: {
    meaning: "A field of a root type has no resolver, so it is always null.",
    example: "extend type Query { player: Player }, without `resolvers.Query.player`",
    mend: "Add the resolver.",
  },
  GRAPHQL_PARSE_FAILED: {
    meaning: "The text of a GraphQL request is no valid GraphQL.",
    example: "{ player(id: 1 { name } }",
    mend: "Correct the request at the place that the error shows.",
  },
  GRAPHQL_VALIDATION_FAILED: {
    meaning: "A GraphQL request does not fit the schema of the branch.",
    example: "{ player { nmae } }",
    mend: "Correct the request at the place that the error shows.",
  },
  OPERATION_RESOLUTION_FAILURE: {
    meaning: "A GraphQL request does not say which of its operations to execute.",
    example: "query A { a } query B { b }, without `operationName`",
    mend: "Send `operationName`.",
  },
};
