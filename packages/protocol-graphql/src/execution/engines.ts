import { type DocumentNode, execute, type GraphQLSchema, type OperationDefinitionNode } from "graphql";
import { coerceVariables, type Engine } from "./engine.ts";
import { fastPath } from "./fast-path.ts";
import { graphqlJitEngine } from "./graphql-jit.ts";

/**
 * Creates the engine of an operation: of graphql-jit for operations on the fast path, of graphql-js for all
 * others. Answers and calls are the same (S5.9). The first call decides, and compiles the operation.
 */
export function createEngine(
  schema: GraphQLSchema,
  document: DocumentNode,
  node: OperationDefinitionNode,
): Engine {
  let engine: Engine | undefined;
  return (scope, rootValue, variables) => {
    engine ??= chooseEngine(schema, document, node);
    return engine(scope, rootValue, variables);
  };
}

function chooseEngine(schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode): Engine {
  const path = fastPath(schema, document, node);
  const fast = "unsupported" in path ? undefined : graphqlJitEngine(schema, document, node, path.rootFields);
  return fast ?? graphqlJsEngine(schema, document, node);
}

/** Creates an engine of graphql-js, which can execute every operation. */
export function graphqlJsEngine(
  schema: GraphQLSchema,
  document: DocumentNode,
  node: OperationDefinitionNode,
): Engine {
  const operationName = node.name?.value;
  return (contextValue, rootValue, variableValues) => {
    const { errors } = coerceVariables(schema, node, variableValues);
    if (errors !== undefined) return { variableErrors: errors };
    return execute({ schema, document, operationName, contextValue, rootValue, variableValues });
  };
}
