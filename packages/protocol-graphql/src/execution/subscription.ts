import type { Delivery, Scope } from "@tidegate/core-registry";
import {
  type FieldNode,
  GraphQLError,
  type GraphQLObjectType,
  getArgumentValues,
  Kind,
  type SelectionSetNode,
} from "graphql";
import type { BuiltSchema } from "../schema/built-schema.ts";
import { FieldSources, type ResolveInfo } from "../schema/resolvers.ts";
import { coerceVariables, fragmentsOf } from "./engine.ts";
import { formatFieldError, formatRequestError, formatThrownError, type GraphQLResponse } from "./errors.ts";
import { executeOperation, type Operation } from "./operations.ts";

/** What `subscribe` needs to start a subscription. */
export interface SubscriptionRequest {
  readonly builtSchema: BuiltSchema;
  readonly operation: Operation;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The scope of the request that starts the subscription. */
  readonly scope: Scope;
  /** Creates the scope of one event. */
  eventScope(): Scope;
  /** Called when the response stream has ended. */
  onEnd(): void;
}

/** The responses of a subscription, one for each event. */
export type ResponseStream = AsyncGenerator<GraphQLResponse>;

/**
 * Starts a subscription (S5.2): coerces the arguments of its root field, asks the policies, listens to the
 * events, and executes the operation once for each event, in the event's own scope.
 * @returns a response instead of the stream if the subscription cannot start
 */
export async function subscribe(request: SubscriptionRequest): Promise<ResponseStream | GraphQLResponse> {
  const { builtSchema, operation, scope } = request;
  const rootField = rootFieldOf(operation);
  const rootType = builtSchema.schema.getSubscriptionType();
  const connector = rootField && builtSchema.subscribeConnector(rootField.name.value);
  if (rootField === undefined || connector === undefined || rootType == null) {
    const message = "The subscription field has no resolver with `subscribe`.";
    return { errors: [{ message, extensions: { code: "REPLY_INVALID" } }] };
  }
  try {
    const sources = fieldSources(request, rootField, rootType);
    if (!(sources instanceof FieldSources)) return sources;
    const subscription = await connector.accept(scope, sources);
    return responseStream(request, rootField, subscription.open(request.eventScope));
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [formatRequestError(error, "BAD_USER_INPUT")] };
    return { errors: [{ ...formatThrownError(error, scope), path: [responseName(rootField)] }] };
  }
}

/**
 * Returns the root field of a subscription, also from inside of fragments. A valid subscription has exactly
 * one.
 */
function rootFieldOf({ document, node }: Operation): FieldNode | undefined {
  const fragments = fragmentsOf(document);
  const findField = ({ selections }: SelectionSetNode): FieldNode | undefined => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) return selection;
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection
          : fragments.find(({ name }) => name.value === selection.name.value);
      const field = fragment && findField(fragment.selectionSet);
      if (field !== undefined) return field;
    }
    return undefined;
  };
  return findField(node.selectionSet);
}

/**
 * Returns what the connector of the root field can read, or the response that says which variables are
 * invalid.
 */
function fieldSources(
  { builtSchema: { schema }, operation: { node, document }, variables }: SubscriptionRequest,
  rootField: FieldNode,
  parentType: GraphQLObjectType,
): FieldSources | GraphQLResponse {
  const { errors, variableValues } = coerceVariables(schema, node, variables);
  if (errors !== undefined)
    return { errors: errors.map((error) => formatRequestError(error, "BAD_USER_INPUT")) };
  const field = parentType.getFields()[rootField.name.value];
  if (field === undefined) return { errors: [{ message: `Unknown field "${rootField.name.value}".` }] };
  const info: ResolveInfo = {
    fieldName: field.name,
    fieldNodes: [rootField],
    returnType: field.type,
    parentType,
    path: { prev: undefined, key: responseName(rootField), typename: parentType.name },
    schema,
    fragments: Object.fromEntries(fragmentsOf(document).map((each) => [each.name.value, each])),
    rootValue: undefined,
    operation: node,
    variableValues,
  };
  return new FieldSources(undefined, getArgumentValues(field, rootField, variableValues), info);
}

// No generator function: `return` must end the stream also while `next` waits for an event, and a generator
// would run `return` after `next`.
function responseStream(
  request: SubscriptionRequest,
  rootField: FieldNode,
  deliveries: AsyncIterableIterator<Delivery>,
): ResponseStream {
  const end = async (): Promise<IteratorResult<GraphQLResponse>> => {
    await deliveries.return?.();
    request.onEnd();
    return { done: true, value: undefined };
  };
  const stream: ResponseStream = {
    next: async () => {
      const { done, value: delivery } = await deliveries.next();
      if (done === true) return end();
      try {
        return { done: false, value: await eventResponse(request, rootField, delivery) };
      } finally {
        delivery.scope.end();
      }
    },
    return: end,
    throw: async (error: unknown) => {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => void (await end()),
  };
  return stream;
}

function eventResponse(
  { operation, variables }: SubscriptionRequest,
  rootField: FieldNode,
  { error, value, scope }: Delivery,
): GraphQLResponse | Promise<GraphQLResponse> {
  if (error === undefined)
    return executeOperation(operation, scope, { [rootField.name.value]: value }, variables);
  const message = error instanceof Error ? error.message : String(error);
  const fieldError = { message, path: [responseName(rootField)], originalError: error };
  return { errors: [formatFieldError(fieldError, scope)] };
}

function responseName({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}
