import type { Scope } from "@tidegate/core-registry";
import {
  type DocumentNode,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
} from "graphql";
import { compileQuery, isCompiledQuery } from "graphql-jit";
import { coercedDocument, coercedSchema } from "./coerced.ts";
import type { EngineError } from "./errors.ts";

/** What an engine gives. */
export interface EngineResult {
  /** What was asked for. */
  readonly data?: unknown;
  /** What went wrong in fields. */
  readonly errors?: readonly EngineError[];
  /** What was wrong with the variables: nothing was executed. */
  readonly refused?: readonly GraphQLError[];
}

/** Runs one operation. A value where no field had to wait, else a promise that never rejects for a field's sake. */
export type Engine = (
  scope: Scope,
  rootValue: unknown,
  variables: Readonly<Record<string, unknown>>,
) => EngineResult | Promise<EngineResult>;

/**
 * The engine of an operation: graphql-jit, made when it is first run; graphql-js where jit cannot (abstract types whose
 * members are told by a promise).
 */
export function engineOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  node: OperationDefinitionNode,
  isSlow: boolean,
): Engine {
  let engine: Engine | undefined;
  return (scope, rootValue, variables) => {
    engine ??= (isSlow ? undefined : jitEngine(schema, document, node)) ?? jsEngine(schema, document, node);
    return engine(scope, rootValue, variables);
  };
}

/** graphql-js, which can everything. */
export function jsEngine(
  schema: GraphQLSchema,
  document: DocumentNode,
  node: OperationDefinitionNode,
): Engine {
  const operationName = node.name?.value;
  return (contextValue, rootValue, variableValues) => {
    const refused = coerce(schema, node, variableValues).errors;
    if (refused !== undefined) return { refused };
    return execute({ schema, document, operationName, contextValue, rootValue, variableValues });
  };
}

/**
 * graphql-jit; undefined where it cannot compile the operation. Variables are coerced by graphql-js, and jit takes them
 * as they are: it neither checks `@oneOf` nor fills in the defaults of required input fields.
 */
export function jitEngine(
  schema: GraphQLSchema,
  document: DocumentNode,
  node: OperationDefinitionNode,
): Engine | undefined {
  const compiled = compileQuery(coercedSchema(schema), coercedDocument(document), node.name?.value, {
    disablingCapturingStackErrors: true,
  });
  if (!isCompiledQuery(compiled)) return undefined;
  const run: Engine = (scope, rootValue, variables) =>
    compiled.query(rootValue, scope, variables) as EngineResult | Promise<EngineResult>;
  if (node.variableDefinitions === undefined || node.variableDefinitions.length === 0) return run;
  return (scope, rootValue, variables) => {
    const { errors, variableValues } = coerce(schema, node, variables);
    return errors === undefined ? run(scope, rootValue, variableValues.coerced) : { refused: errors };
  };
}

function coerce(
  schema: GraphQLSchema,
  node: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): ReturnType<typeof getVariableValues> {
  return getVariableValues(schema, node.variableDefinitions ?? [], variables, { maxErrors: 20 });
}
