import type { Scope } from "@tidegate/core-registry";
import {
  type DocumentNode,
  defaultFieldResolver,
  execute,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import { type CompiledQuery, compileQuery, isCompiledQuery } from "graphql-jit";
import { lazyMap } from "../schema/lazy.ts";
import { coerceVariables, type Engine, type EngineResult, fragmentsOf } from "./engine.ts";
import type { RootField } from "./fast-path.ts";

/** What the resolver of a root field returned or threw. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** The outcomes of the root fields of one execution, by response name. */
type Outcomes = ReadonlyMap<string | number, Outcome>;

type VariableValues = NonNullable<ReturnType<typeof coerceVariables>["variableValues"]>;

/**
 * Creates an engine for an operation on the fast path. It calls the root fields as graphql-js does, and
 * completes their values with graphql-jit. If graphql-jit finds an error, graphql-js completes the same
 * values: it alone reports errors, and no service is called again.
 * @returns undefined if graphql-jit cannot compile the operation
 */
export function graphqlJitEngine(
  schema: GraphQLSchema,
  document: DocumentNode,
  node: OperationDefinitionNode,
  rootFields: readonly RootField[],
): Engine | undefined {
  const compiled = compile(schema, document, node);
  if (compiled === undefined) return undefined;
  const callRootField = rootFieldCaller(schema, document, node);
  const completing = withRootFields(schema, node, (field) => replaceMembers(field, { resolve: outcomeOf }));
  // Most operations have one root field, and need no promise of a list.
  const only = rootFields.length === 1 ? rootFields[0] : undefined;
  return (scope, rootValue, variables) => {
    const { errors, variableValues } = coerceVariables(schema, node, variables);
    if (errors !== undefined) return { variableErrors: errors };
    const complete = (list: readonly Outcome[]): EngineResult | Promise<EngineResult> => {
      const outcomes = outcomesByName(rootFields, list);
      const data = completeFast(compiled, outcomes);
      if (data !== undefined) return { data };
      const operationName = node.name?.value;
      const values = { contextValue: outcomes, rootValue, variableValues: variables };
      return execute({ schema: completing, document, operationName, ...values });
    };
    const call = (field: RootField): Outcome | Promise<Outcome> =>
      callRootField(field, scope, rootValue, variableValues);
    if (only !== undefined) {
      const outcome = call(only);
      return isSettled(outcome) ? complete([outcome]) : outcome.then((settled) => complete([settled]));
    }
    const outcomes = rootFields.map(call);
    return outcomes.every(isSettled) ? complete(outcomes) : Promise.all(outcomes).then(complete);
  };
}

/** Compiles what completes the values of the root fields. It knows neither arguments nor variables. */
function compile(
  schema: GraphQLSchema,
  { definitions }: DocumentNode,
  node: OperationDefinitionNode,
): CompiledQuery | undefined {
  const completing = withRootFields(schema, node, (field) =>
    replaceMembers(field, { args: [], resolve: outcomeOf }),
  );
  const operation: OperationDefinitionNode = { ...node, variableDefinitions: [] };
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: definitions.map((definition) => (definition === node ? operation : definition)),
  };
  const compiled = compileQuery(completing, document, node.name?.value, {
    disablingCapturingStackErrors: true,
    customSerializers: scalarSerializers(schema),
  });
  return isCompiledQuery(compiled) ? compiled : undefined;
}

/** Returns undefined after an error, also of a value that throws when it is read. */
function completeFast({ query }: CompiledQuery, outcomes: Outcomes): unknown {
  try {
    const result: object = query(undefined, outcomes, {});
    return "data" in result && !("errors" in result) ? result.data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns a function that calls the resolver of a root field with the arguments that graphql-js makes, and
 * never throws or rejects.
 */
function rootFieldCaller(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): (
  rootField: RootField,
  scope: Scope,
  rootValue: unknown,
  variableValues: VariableValues,
) => Outcome | Promise<Outcome> {
  const fragments = Object.fromEntries(fragmentsOf(document).map((each) => [each.name.value, each]));
  const parentType = schema.getRootType(operation.operation);
  return ({ responseName, node, field }, scope, rootValue, variableValues) => {
    try {
      if (parentType == null) throw new Error(`The schema has no root type for a ${operation.operation}.`);
      const info: GraphQLResolveInfo = {
        fieldName: field.name,
        fieldNodes: [node],
        returnType: field.type,
        parentType,
        path: { prev: undefined, key: responseName, typename: parentType.name },
        schema,
        fragments,
        rootValue,
        operation,
        variableValues,
        getAbortSignal,
        getAsyncHelpers,
      };
      const args = getArgumentValues(field, node, variableValues);
      const value: unknown = (field.resolve ?? defaultFieldResolver)(rootValue, args, scope, info);
      return isPromiseLike(value) ? toOutcome(value) : { value };
    } catch (error) {
      return { error };
    }
  };
}

// No resolver of ours uses these, and an operation cannot be aborted.
const getAbortSignal: GraphQLResolveInfo["getAbortSignal"] = () => undefined;
const getAsyncHelpers: GraphQLResolveInfo["getAsyncHelpers"] = () => ({
  promiseAll: (values) => Promise.all(values),
  track: () => undefined,
});

async function toOutcome(promise: PromiseLike<unknown>): Promise<Outcome> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

function isSettled(outcome: Outcome | Promise<Outcome>): outcome is Outcome {
  return !(outcome instanceof Promise);
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function outcomesByName(rootFields: readonly RootField[], list: readonly Outcome[]): Outcomes {
  const outcomes = new Map<string, Outcome>();
  list.forEach((outcome, index) => {
    const responseName = rootFields[index]?.responseName;
    if (responseName !== undefined) outcomes.set(responseName, outcome);
  });
  return outcomes;
}

// The resolver of a root field while its value is completed.
function outcomeOf(
  _source: unknown,
  _args: unknown,
  outcomes: Outcomes,
  { path }: Pick<GraphQLResolveInfo, "path">,
): unknown {
  const outcome = outcomes.get(path.key);
  if (outcome !== undefined && "error" in outcome) throw outcome.error;
  return outcome?.value;
}

/** Returns a view of a schema with other root fields for the operations of one kind. */
function withRootFields(
  schema: GraphQLSchema,
  { operation }: OperationDefinitionNode,
  change: (field: GraphQLField) => GraphQLField,
): GraphQLSchema {
  const rootType = schema.getRootType(operation);
  const fields = new Map<GraphQLField, GraphQLField>();
  const getField: GraphQLSchema["getField"] = (parentType, name) => {
    const field = schema.getField(parentType, name);
    if (field === undefined || parentType !== rootType || name === "__typename") return field;
    const changed = fields.get(field) ?? change(field);
    fields.set(field, changed);
    return changed;
  };
  return Object.create(schema, { getField: { value: getField } });
}

function replaceMembers(field: GraphQLField, members: Partial<GraphQLField>): GraphQLField {
  return Object.create(field, Object.getOwnPropertyDescriptors(members));
}

/**
 * Returns the functions that convert the values of the gateway's scalars. They throw where graphql-js has to
 * decide: it reports null as an error, and calls functions.
 */
function scalarSerializers(schema: GraphQLSchema): Record<string, (value: unknown) => unknown> {
  const serializerOf = (name: string): ((value: unknown) => unknown) | undefined => {
    const scalar = schema.getType(name);
    if (!isScalarType(scalar) || isSpecifiedScalarType(scalar)) return undefined;
    return (value) => {
      const converted: unknown = scalar.coerceOutputValue(value);
      if (converted == null || typeof value === "function" || isPromiseLike(value))
        throw new Error(`${name} needs graphql-js for this value.`);
      return converted;
    };
  };
  return lazyMap(serializerOf, () => []);
}
