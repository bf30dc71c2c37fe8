import {
  type Connection,
  errorMeaning,
  isTidegateError,
  type Scope,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError } from "graphql";
import { makeServer, type OperationResult, type Server, type SubscribePayload } from "graphql-ws";
import { formatThrownError, type GraphQLResponse } from "../execution/errors.ts";
import {
  executeOperation,
  type Operation,
  type Operations,
  type RequestErrors,
} from "../execution/operations.ts";
import { subscribe } from "../execution/subscription.ts";
import { checkRequest, type GraphQLRequest } from "../http/request.ts";
import type { BuiltSchema } from "../schema/built-schema.ts";

/** An operation that runs on a socket, with the schema that it started on and keeps until its end. */
export interface RunningOperation {
  readonly operation: Operation;
  readonly builtSchema: BuiltSchema;
}

/** What graphql-ws keeps for one socket. */
export interface Session {
  readonly connection: Connection;
  readonly running: Set<RunningOperation>;
}

/** What the server of graphql-transport-ws is made from. */
export interface SessionOptions {
  readonly operations: Operations;
  /** The most operations that run at once on one socket. */
  readonly maxOperations: number;
  /** Returns the schema that a route serves. */
  schemaOf(route: WebSocketRoute): BuiltSchema | undefined;
}

/**
 * Creates a server of the protocol graphql-transport-ws. Each operation starts on the newest version (S6.4),
 * in a scope of its own.
 */
export function createSessionServer(options: SessionOptions): Server<Session> {
  // graphql-ws passes the result of `onSubscribe` on to `execute` and `subscribe`, where it identifies the
  // operation.
  const started = new WeakMap<ExecutionArgs, () => OperationResult>();
  const run = (args: ExecutionArgs): OperationResult => started.get(args)?.() ?? { errors: [] };
  return makeServer<Record<string, unknown> | undefined, Session>({
    execute: run,
    subscribe: run,
    onSubscribe: async ({ extra }, _id, payload) => {
      const start = await startOperation(options, extra, payload);
      if ("errors" in start) return start.errors.map(toGraphQLError);
      started.set(start.args, start.run);
      return start.args;
    },
    onNext: (_context, _id, _payload, _args, result) =>
      result as GraphQLResponse as { errors?: GraphQLFormattedError[] },
    onError: ({ extra }, _id, _payload, errors) =>
      errors.map((error) =>
        isTidegateError(error.cause) ? formatOnSocket(error.cause, extra.connection) : error.toJSON(),
      ),
  });
}

interface StartedOperation {
  /** Passed through graphql-ws, where it identifies the operation. */
  readonly args: ExecutionArgs;
  /** Returns the response, or the stream of responses. */
  run(): OperationResult;
}

/** Starts an operation: prepares it, creates its scope, and either subscribes or plans its execution. */
async function startOperation(
  options: SessionOptions,
  { connection, running }: Session,
  payload: SubscribePayload,
): Promise<StartedOperation | RequestErrors> {
  const prepared = prepareOperation(options, running.size, connection, payload);
  if ("errors" in prepared) return prepared;
  const { builtSchema, operation, request } = prepared;
  const scope = connection.scope();
  running.add(prepared);
  const onEnd = (): void => {
    running.delete(prepared);
    scope.end();
  };
  const args = executionArgs(prepared);
  const { variables } = request;
  if (operation.node.operation !== "subscription") {
    const run = () => execute(operation, scope, variables, onEnd) as OperationResult;
    return { args, run };
  }
  const eventScope = (): Scope => connection.scope();
  const subscription = { builtSchema, operation, variables, scope, eventScope, onEnd };
  const stream = await subscribe(subscription);
  if ("next" in stream) return { args, run: () => stream as OperationResult };
  onEnd();
  return { errors: stream.errors ?? [] };
}

interface PreparedOperation extends RunningOperation {
  readonly request: GraphQLRequest;
}

/** Checks the limit of operations and the parameters of the client, and prepares the operation. */
function prepareOperation(
  { operations, maxOperations, schemaOf }: SessionOptions,
  runningCount: number,
  connection: Connection,
  payload: SubscribePayload,
): PreparedOperation | RequestErrors {
  if (runningCount >= maxOperations)
    return refuse("RATE_LIMITED", `Too many operations: at most ${maxOperations} run at once on one socket.`);
  const builtSchema = schemaOf(connection.route());
  if (builtSchema === undefined) return refuse("INTERNAL", errorMeaning("INTERNAL").title);
  let request: GraphQLRequest;
  try {
    request = checkRequest(payload);
  } catch (error) {
    return { errors: [formatOnSocket(error, connection)] };
  }
  const operation = operations.prepare(builtSchema, request.query, request.operationName);
  return "errors" in operation ? operation : { operation, builtSchema, request };
}

/** Formats an error of a message that has no operation, with an id of its own. */
function formatOnSocket(error: unknown, connection: Connection): GraphQLFormattedError {
  const scope = connection.scope();
  try {
    return formatThrownError(error, scope);
  } finally {
    scope.end();
  }
}

// graphql-ws reads the schema and the document only. The root value and the context stay with this module.
function executionArgs({ operation, builtSchema, request }: PreparedOperation): ExecutionArgs {
  return {
    schema: builtSchema.schema,
    document: operation.document,
    operationName: request.operationName,
    rootValue: undefined,
    contextValue: undefined,
  };
}

async function execute(
  operation: Operation,
  scope: Scope,
  variables: Readonly<Record<string, unknown>>,
  onEnd: () => void,
): Promise<GraphQLResponse> {
  try {
    return await executeOperation(operation, scope, undefined, variables);
  } finally {
    onEnd();
  }
}

function refuse(code: string, message: string): RequestErrors {
  return { errors: [{ message, extensions: { code } }] };
}

// graphql-ws accepts errors of this class only. The formatted error contains nothing internal.
function toGraphQLError({ message, path, extensions }: GraphQLFormattedError): GraphQLError {
  return new GraphQLError(message, { path, extensions });
}
