import { type Connection, isTidegateError, type Scope, type WebSocketRoute } from "@tidegate/core-registry";
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError } from "graphql";
import { makeServer, type OperationResult, type Server, type SubscribePayload } from "graphql-ws";
import { type Answer, type HiddenError, requestError } from "../execution/errors.ts";
import { executeOperation } from "../execution/execute.ts";
import type { Operation, Operations } from "../execution/operations.ts";
import { checkRequest, type GraphQLRequest } from "../http/request.ts";
import type { Whole } from "../schema/whole.ts";
import { openSubscription } from "./subscription.ts";

/** An operation that runs on a socket, and what it began on. */
export interface Running {
  /** The operation. */
  readonly operation: Operation;
  /** What it is served by to its end. */
  readonly whole: Whole;
}

/** What graphql-ws carries for one socket. */
export interface Session {
  /** The connection's place in time. */
  readonly connection: Connection;
  /** What runs on it. */
  readonly running: Set<Running>;
}

/** What sessions need. */
export interface SessionParts {
  /** Reads operations. */
  readonly operations: Operations;
  /** How many operations may run at once on one socket. */
  readonly maxOperations: number;
  /** What a route serves. */
  wholeOf(route: WebSocketRoute): Whole | undefined;
  /** Takes errors that no client may read. */
  readonly hidden: HiddenError;
}

type Run = () => OperationResult;

/** Speaks graphql-transport-ws: each operation begins on the newest version (S6.4), in a scope of its own. */
export function createSessions(parts: SessionParts): Server<Session> {
  // graphql-ws hands the arguments of `onSubscribe` on as they are: they name what was prepared.
  const prepared = new WeakMap<ExecutionArgs, Run>();
  const run = (args: ExecutionArgs): OperationResult => prepared.get(args)?.() ?? { errors: [] };
  return makeServer<Record<string, unknown> | undefined, Session>({
    execute: run,
    subscribe: run,
    onSubscribe: async ({ extra }, _id, payload) => {
      const made = await prepare(parts, extra, payload);
      if ("errors" in made) return made.errors.map(engineError);
      prepared.set(made.args, made.run);
      return made.args;
    },
    onNext: (_context, _id, _payload, _args, result) =>
      result as Answer as { errors?: GraphQLFormattedError[] },
    onError: (_context, _id, _payload, errors) =>
      errors.map((error) =>
        isTidegateError(error.cause) ? requestError(error.cause, parts.hidden) : error.toJSON(),
      ),
  });
}

type Prepared = { readonly args: ExecutionArgs; readonly run: Run };
type Refused = { readonly errors: readonly GraphQLFormattedError[] };

async function prepare(
  parts: SessionParts,
  session: Session,
  payload: SubscribePayload,
): Promise<Prepared | Refused> {
  const { connection, running } = session;
  if (running.size >= parts.maxOperations)
    return refuse("RATE_LIMITED", `At most ${parts.maxOperations} operations run at once on one socket.`);
  const whole = parts.wholeOf(connection.route());
  if (whole === undefined) return refuse("INTERNAL", "Something went wrong here.");
  let request: GraphQLRequest;
  try {
    request = checkRequest(payload);
  } catch (error) {
    return { errors: [requestError(error, parts.hidden)] };
  }
  const operation = parts.operations.find(whole, request.query, request.operationName);
  if ("errors" in operation) return operation;
  const scope = connection.scope();
  const entry: Running = { operation, whole };
  running.add(entry);
  const ended = (): void => {
    running.delete(entry);
    scope.end();
  };
  const args: ExecutionArgs = {
    schema: whole.schema,
    document: operation.document,
    operationName: request.operationName,
    rootValue: undefined,
    contextValue: undefined,
  };
  const { variables } = request;
  if (operation.node.operation !== "subscription")
    return { args, run: () => executed(parts, operation, scope, variables, ended) as OperationResult };
  const opened = await openSubscription({
    whole,
    operation,
    variables,
    scope,
    hidden: parts.hidden,
    eventScope: () => connection.scope(),
    ended,
  });
  if (!("next" in opened)) {
    ended();
    return { errors: opened.errors ?? [] };
  }
  return { args, run: () => opened as OperationResult };
}

async function executed(
  { hidden }: SessionParts,
  operation: Operation,
  scope: Scope,
  variables: Readonly<Record<string, unknown>>,
  ended: () => void,
): Promise<Answer> {
  try {
    return await executeOperation(operation, scope, undefined, variables, hidden);
  } finally {
    ended();
  }
}

function refuse(code: string, message: string): Refused {
  return { errors: [{ message, extensions: { code } }] };
}

// graphql-ws takes nothing but this class; what is in it is public already.
function engineError({ message, path, extensions }: GraphQLFormattedError): GraphQLError {
  return new GraphQLError(message, { path, extensions });
}
