/**
 * Handles GraphQL operations, over HTTP and WebSocket alike (S5.5, S5.6, S5.7). The steps, in order:
 *
 * 1. Look up the compiled operation in the cache (operation-cache.ts).
 * 2. Parse the document; `maxTokens` limits its size.
 * 3. Validate it against the schema: the rules of GraphQL and the limits of the options (limits.ts).
 * 4. Select the operation by its name.
 * 5. Compile the operation (engines.ts) and keep it in the cache.
 * 6. Execute the operation: coerce the variables, run the resolvers.
 * 7. Answer: make the response, without details of internal errors (errors.ts).
 *
 * `prepare` takes steps 1 to 5, `executeOperation` the others. A subscription repeats those for each event.
 */

import type { Scope } from "@tidegate/core-registry";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from "graphql";
import type { GraphQLSettings } from "../options.ts";
import type { BuiltSchema } from "../schema/built-schema.ts";
import type { Engine, EngineResult } from "./engine.ts";
import { createEngine } from "./engines.ts";
import { formatFieldError, formatRequestError, formatThrownError, type GraphQLResponse } from "./errors.ts";
import { limitRule } from "./limits.ts";
import {
  type CachedOperation,
  collectCoordinates,
  type Dependencies,
  OperationCache,
} from "./operation-cache.ts";

/** One operation, valid and ready to execute. */
export interface Operation extends CachedOperation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  /**
   * The schema coordinates of the selected fields (`Query.player`) and of the types of their values
   * (`Player`).
   */
  readonly selected: ReadonlySet<string>;
  readonly engine: Engine;
}

/** Why a document has no valid operation. */
export interface RequestErrors {
  readonly errors: readonly GraphQLFormattedError[];
}

/** Prepares operations. Keeps valid ones, and no errors, which would displace them. */
export interface Operations {
  /** @param operationName can be undefined if the document has one operation */
  prepare(
    builtSchema: BuiltSchema,
    text: string,
    operationName: string | undefined,
  ): Operation | RequestErrors;
}

/** Creates what prepares the operations of all schemas of a gateway. */
export function createOperations(settings: GraphQLSettings): Operations {
  const cache = new OperationCache<Operation>(settings.maxOperations);
  const rules: readonly ValidationRule[] = [
    ...specifiedRules,
    limitRule(settings),
    ...(settings.introspection ? [] : [NoSchemaIntrospectionCustomRule]),
  ];
  return {
    prepare(builtSchema, text, operationName) {
      const cached = cache.find(builtSchema, text, operationName);
      if (cached !== undefined) return cached;
      const document = parseDocument(text, settings);
      if ("errors" in document) return document;
      const errors = validateDocument(builtSchema.schema, document, rules, settings);
      if (errors !== undefined) return errors;
      const node = selectOperation(document, operationName);
      if ("errors" in node) return node;
      const operation = compileOperation(builtSchema, document, node);
      cache.add(builtSchema, text, operationName, operation);
      return operation;
    },
  };
}

function parseDocument(text: string, { maxTokens }: GraphQLSettings): DocumentNode | RequestErrors {
  try {
    return parse(text, { maxLexicalTokens: maxTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { errors: [formatRequestError(error, "GRAPHQL_PARSE_FAILED")] };
  }
}

function validateDocument(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: readonly ValidationRule[],
  { introspection }: GraphQLSettings,
): RequestErrors | undefined {
  const errors = validate(schema, document, rules, { hideSuggestions: !introspection });
  if (errors.length === 0) return undefined;
  return { errors: errors.map((error) => formatRequestError(error, "GRAPHQL_VALIDATION_FAILED")) };
}

function selectOperation(
  document: DocumentNode,
  operationName: string | undefined,
): OperationDefinitionNode | RequestErrors {
  const node = getOperationAST(document, operationName);
  if (node !== null && node !== undefined) return node;
  // The messages of graphql-js.
  const message =
    operationName === undefined
      ? "Must provide operation name if query contains multiple operations."
      : `Unknown operation named "${operationName}".`;
  return { errors: [{ message, extensions: { code: "OPERATION_RESOLUTION_FAILURE" } }] };
}

function compileOperation(
  builtSchema: BuiltSchema,
  document: DocumentNode,
  node: OperationDefinitionNode,
): Operation {
  const { schema } = builtSchema;
  const { selected, required } = collectCoordinates(schema, document);
  const isIntrospection = selected.has("Query.__schema") || selected.has("Query.__type");
  const dependencies: Dependencies | undefined = isIntrospection
    ? undefined
    : new Map([...required].map((coordinate) => [coordinate, builtSchema.definingObjects(coordinate)]));
  return {
    document,
    node,
    selected,
    dependencies,
    engine: createEngine(schema, document, node),
  };
}

/**
 * Executes an operation and makes its response. Returns a value if no resolver returned a promise. Never
 * throws: a failure becomes an error of the response.
 */
export function executeOperation(
  operation: Operation,
  scope: Scope,
  rootValue: unknown,
  variables: Readonly<Record<string, unknown>>,
): GraphQLResponse | Promise<GraphQLResponse> {
  const failed = (error: unknown): GraphQLResponse => ({
    errors: [formatThrownError(error, scope)],
  });
  try {
    const result = operation.engine(scope, rootValue, variables);
    return result instanceof Promise
      ? result.then((value) => responseOf(value, scope), failed)
      : responseOf(result, scope);
  } catch (error) {
    return failed(error);
  }
}

function responseOf({ data, errors = [], variableErrors }: EngineResult, scope: Scope): GraphQLResponse {
  if (variableErrors !== undefined)
    return { errors: variableErrors.map((error) => formatRequestError(error, "BAD_USER_INPUT")) };
  if (errors.length === 0) return { data };
  const formatted = errors.map((error) => formatFieldError(error, scope));
  // Without data nothing was executed, and the response must not have the member.
  return data === undefined ? { errors: formatted } : { errors: formatted, data };
}
