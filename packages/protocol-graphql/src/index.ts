export type { GraphQLData } from "./definitions/compile.ts";
export { graphql } from "./graphql.ts";
export type { GraphQLOptions, ScalarOption } from "./options.ts";
export type { FieldResolverInput, GraphQLInput, TypeResolversInput } from "./schema-input.ts";
