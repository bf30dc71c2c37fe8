export type { GraphQLData } from "./definitions/compile.ts";
export type { FieldResolverInput, GraphQLInput, TypeResolversInput } from "./definitions/input.ts";
export { graphql } from "./graphql.ts";
export type { FragmentLimitOptions, GraphQLOptions, ScalarOption } from "./options.ts";
