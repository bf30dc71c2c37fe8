import type { Delivery, Scope } from "@tidegate/core-registry";
import {
  type FieldNode,
  GraphQLError,
  type GraphQLObjectType,
  getArgumentValues,
  getVariableValues,
  Kind,
  type SelectionSetNode,
} from "graphql";
import {
  type Answer,
  fieldError,
  type HiddenError,
  operationError,
  requestError,
} from "../execution/errors.ts";
import { executeOperation } from "../execution/execute.ts";
import type { Operation } from "../execution/operations.ts";
import { FieldSources, type InfoSource } from "../execution/sources.ts";
import type { Whole } from "../schema/whole.ts";

/** A subscription to begin. */
export interface SubscriptionRequest {
  /** What it is served by. */
  readonly whole: Whole;
  /** The operation. */
  readonly operation: Operation;
  /** Values of its variables. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** The scope that it begins in. */
  readonly scope: Scope;
  /** Makes the scope of one event. */
  eventScope(): Scope;
  /** Told when it has ended. */
  ended(): void;
  /** Takes errors that no client may read. */
  readonly hidden: HiddenError;
}

/**
 * Begins a subscription (S5.2): asks the policies, then gives one answer for each event, each executed in the event's own
 * scope. An answer in the place of the stream says why there is none.
 */
export async function openSubscription(
  request: SubscriptionRequest,
): Promise<AsyncGenerator<Answer> | Answer> {
  const { whole, operation, scope, hidden } = request;
  const field = rootField(operation);
  const connector = field === undefined ? undefined : whole.subscriptionOf(field.name.value);
  const type = whole.schema.getSubscriptionType();
  if (field === undefined || connector === undefined || type == null)
    return {
      errors: [{ message: "The field has no source of events.", extensions: { code: "REPLY_INVALID" } }],
    };
  try {
    const sources = sourcesOf(request, field, type);
    if (!(sources instanceof FieldSources)) return sources;
    const subscription = await connector.accept(scope, sources);
    return answers(request, field, subscription.open(request.eventScope));
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [operationError(error, "BAD_USER_INPUT")] };
    return { errors: [{ ...requestError(error, hidden), path: [responseName(field)] }] };
  }
}

function sourcesOf(
  { whole: { schema }, operation, variables }: SubscriptionRequest,
  node: FieldNode,
  parentType: GraphQLObjectType,
): FieldSources | Answer {
  const { node: definition, document } = operation;
  const coerced = getVariableValues(schema, definition.variableDefinitions ?? [], variables, {
    maxErrors: 20,
  });
  if (coerced.errors !== undefined)
    return { errors: coerced.errors.map((error) => operationError(error, "BAD_USER_INPUT")) };
  const field = parentType.getFields()[node.name.value];
  if (field === undefined) return { errors: [{ message: "There is no such field." }] };
  const fragments = document.definitions.flatMap((each) =>
    each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [],
  );
  const info: InfoSource = {
    fieldName: field.name,
    fieldNodes: [node],
    returnType: field.type,
    parentType,
    path: { prev: undefined, key: responseName(node), typename: parentType.name },
    schema,
    fragments: Object.fromEntries(fragments),
    rootValue: undefined,
    operation: definition,
    variableValues: coerced.variableValues,
  };
  return new FieldSources(undefined, getArgumentValues(field, node, coerced.variableValues), info);
}

// Written out, for `return` must end it also while `next` waits for an event: a generator would queue it behind.
function answers(
  { operation, variables, hidden, ended }: SubscriptionRequest,
  { name: { value: field }, alias }: FieldNode,
  deliveries: AsyncIterableIterator<Delivery>,
): AsyncGenerator<Answer> {
  const end = async (): Promise<IteratorResult<Answer>> => {
    await deliveries.return?.();
    ended();
    return { done: true, value: undefined };
  };
  const iterator: AsyncGenerator<Answer> = {
    next: async () => {
      const { done, value: delivery } = await deliveries.next();
      if (done === true) return end();
      try {
        return { done: false, value: await answerOf(delivery) };
      } finally {
        delivery.scope.end();
      }
    },
    return: end,
    throw: async (error: unknown) => {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]: () => iterator,
    [Symbol.asyncDispose]: async () => void (await end()),
  };
  const answerOf = (delivery: Delivery): Answer | Promise<Answer> => {
    if (delivery.error === undefined)
      return executeOperation(operation, delivery.scope, { [field]: delivery.value }, variables, hidden);
    const message = delivery.error instanceof Error ? delivery.error.message : String(delivery.error);
    return {
      errors: [fieldError({ message, path: [alias?.value ?? field], originalError: delivery.error }, hidden)],
    };
  };
  return iterator;
}

/** The one root field of a subscription, wherever fragments hide it. */
export function rootField({ document, node }: Operation): FieldNode | undefined {
  const within = (set: SelectionSetNode): FieldNode | undefined => {
    for (const each of set.selections) {
      if (each.kind === Kind.FIELD) return each;
      const inner =
        each.kind === Kind.INLINE_FRAGMENT
          ? each
          : document.definitions.find(
              (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === each.name.value,
            );
      const found =
        inner !== undefined && "selectionSet" in inner && inner.selectionSet
          ? within(inner.selectionSet)
          : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return within(node.selectionSet);
}

function responseName({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}
