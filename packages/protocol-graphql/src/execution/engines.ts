import type { Scope } from "@tidegate/core-registry";
import {
  type DocumentNode,
  execute,
  type GraphQLError,
  GraphQLScalarType,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
  visit,
} from "graphql";
import { compileQuery, isCompiledQuery } from "graphql-jit";
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

/**
 * Creates the engine of an operation. Its first call compiles the operation with graphql-jit. Operations that
 * graphql-jit cannot execute run in graphql-js.
 * @param needsGraphQLJS whether graphql-jit cannot execute the operation: a type resolver is asynchronous
 */
export function createEngine(
  schema: GraphQLSchema,
  document: DocumentNode,
  node: OperationDefinitionNode,
  needsGraphQLJS: boolean,
): Engine {
  let engine: Engine | undefined;
  return (scope, rootValue, variables) => {
    engine ??=
      (needsGraphQLJS ? undefined : graphqlJitEngine(schema, document, node)) ??
      graphqlJsEngine(schema, document, node);
    return engine(scope, rootValue, variables);
  };
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

/**
 * Creates an engine of graphql-jit. Returns undefined if graphql-jit cannot compile the operation.
 *
 * graphql-js coerces the variables, and the compiled operation takes them as they are: graphql-jit neither
 * checks `@oneOf` nor applies the default values of required input fields.
 */
export function graphqlJitEngine(
  schema: GraphQLSchema,
  document: DocumentNode,
  node: OperationDefinitionNode,
): Engine | undefined {
  const compiled = compileQuery(withCoercedType(schema), withCoercedVariables(document), node.name?.value, {
    disablingCapturingStackErrors: true,
  });
  if (!isCompiledQuery(compiled)) return undefined;
  const run: Engine = (scope, rootValue, variables) =>
    compiled.query(rootValue, scope, variables) as EngineResult | Promise<EngineResult>;
  if (node.variableDefinitions === undefined || node.variableDefinitions.length === 0) return run;
  return (scope, rootValue, variables) => {
    const { errors, variableValues } = coerceVariables(schema, node, variables);
    return errors === undefined ? run(scope, rootValue, variableValues.coerced) : { variableErrors: errors };
  };
}

/** Coerces the variables of an operation, as graphql-js does it. */
export function coerceVariables(
  schema: GraphQLSchema,
  node: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): ReturnType<typeof getVariableValues> {
  return getVariableValues(schema, node.variableDefinitions ?? [], variables, { maxErrors: 20 });
}

const coercedName = "__Coerced";
const coercedScalar = new GraphQLScalarType({ name: coercedName });
const coercedType: NamedTypeNode = {
  kind: Kind.NAMED_TYPE,
  name: { kind: Kind.NAME, value: coercedName },
};

// Adds a scalar that accepts every value. Clients cannot use it: they validate against the original schema.
function withCoercedType(schema: GraphQLSchema): GraphQLSchema {
  const getType: GraphQLSchema["getType"] = (name) =>
    name === coercedName ? coercedScalar : schema.getType(name);
  return Object.create(schema, { getType: { value: getType } });
}

// Gives all variables that scalar as their type. Boolean variables keep theirs: graphql-jit requires it in
// `@skip` and `@include`.
function withCoercedVariables(document: DocumentNode): DocumentNode {
  return visit(document, {
    VariableDefinition: (node) =>
      isBoolean(node) ? false : { ...node, type: coercedType, defaultValue: undefined },
  });
}

function isBoolean({ type }: VariableDefinitionNode): boolean {
  const inner = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  return inner.kind === Kind.NAMED_TYPE && inner.name.value === "Boolean";
}
