import type { Scope } from "@tidegate/core-registry";
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import type { ExecutionError } from "./errors.ts";

/** The result of executing an operation. */
export interface EngineResult {
  readonly data?: unknown;
  readonly errors?: readonly ExecutionError[];
  /** Why coercing the variables failed: nothing was executed. */
  readonly variableErrors?: readonly GraphQLError[];
}

/**
 * Executes one operation. Returns a value if no resolver returned a promise. Field errors are part of the
 * result and never reject the promise.
 */
export type Engine = (
  scope: Scope,
  rootValue: unknown,
  variables: Readonly<Record<string, unknown>>,
) => EngineResult | Promise<EngineResult>;

/** Coerces the variables of an operation, as graphql-js does it. */
export function coerceVariables(
  schema: GraphQLSchema,
  node: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): ReturnType<typeof getVariableValues> {
  return getVariableValues(schema, node.variableDefinitions ?? [], variables, { maxErrors: 20 });
}

/** Returns the fragment definitions of a document. */
export function fragmentsOf({ definitions }: DocumentNode): readonly FragmentDefinitionNode[] {
  return definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
}
