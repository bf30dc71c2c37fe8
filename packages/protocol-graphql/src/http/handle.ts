import {
  type Header,
  type HttpRequest,
  isTidegateError,
  type Reply,
  type Scope,
  TidegateError,
} from "@tidegate/core-registry";
import { formatThrownError, type GraphQLResponse } from "../execution/errors.ts";
import { executeOperation, type Operations } from "../execution/operations.ts";
import type { BuiltSchema } from "../schema/built-schema.ts";
import {
  type GraphQLRequest,
  negotiateMediaType,
  type ResponseMediaType,
  readGet,
  readPost,
} from "./request.ts";

/** What the HTTP routes of one schema need. */
export interface HttpOptions {
  readonly builtSchema: BuiltSchema;
  readonly operations: Operations;
  /** Makes the page for browsers. Undefined: browsers get JSON. */
  page?(request: HttpRequest): Reply;
}

/**
 * Answers one request by GraphQL over HTTP (S5.5): negotiates the media type, reads the parameters, prepares
 * the operation, checks that the method allows it, executes it.
 */
export async function handleHttp(options: HttpOptions, request: HttpRequest, scope: Scope): Promise<Reply> {
  const isGet = request.method !== "POST";
  const negotiated = negotiateMediaType(request.header("accept"));
  if (isGet && negotiated === "text/html" && options.page !== undefined) return options.page(request);
  if (negotiated === undefined) {
    const message =
      "The response is application/graphql-response+json or application/json: accept one of them.";
    return errorReply("application/json", new TidegateError("BAD_REQUEST", message), 406, scope);
  }
  const type = negotiated === "text/html" ? "application/json" : negotiated;
  try {
    const parameters = isGet ? readGet(request) : await readPost(request);
    return await answer(options, parameters, isGet, type, scope);
  } catch (error) {
    return errorReply(type, error, isTidegateError(error) ? error.status : 500, scope);
  }
}

async function answer(
  { builtSchema, operations }: HttpOptions,
  { query, operationName, variables }: GraphQLRequest,
  isGet: boolean,
  type: ResponseMediaType,
  scope: Scope,
): Promise<Reply> {
  const operation = operations.prepare(builtSchema, query, operationName);
  if ("errors" in operation) return responseReply(type, operation);
  checkMethod(operation.node.operation, isGet);
  return responseReply(type, await executeOperation(operation, scope, undefined, variables));
}

function checkMethod(kind: "query" | "mutation" | "subscription", isGet: boolean): void {
  if (kind === "subscription") {
    const message =
      "Subscriptions need a WebSocket connection to this path, with the protocol graphql-transport-ws.";
    throw new TidegateError("BAD_REQUEST", message);
  }
  if (isGet && kind === "mutation") {
    const headers: readonly Header[] = [["allow", "POST"]];
    throw new TidegateError(
      "METHOD_NOT_ALLOWED",
      "Send mutations with POST: GET requests execute queries only.",
      {
        headers,
      },
    );
  }
}

// By GraphQL over HTTP, the status is 200 for application/json also after a request error.
function responseReply(type: ResponseMediaType, response: GraphQLResponse): Reply {
  const isRequestError = response.data === undefined;
  const isInternal = isRequestError && response.errors?.[0]?.extensions?.code === "INTERNAL";
  const status = isInternal
    ? 500
    : isRequestError && type === "application/graphql-response+json"
      ? 400
      : 200;
  return replyOf(type, status, response, []);
}

function errorReply(type: ResponseMediaType, error: unknown, status: number, scope: Scope): Reply {
  const response = { errors: [formatThrownError(error, scope)] };
  return replyOf(type, status, response, isTidegateError(error) ? (error.details.headers ?? []) : []);
}

function replyOf(
  type: ResponseMediaType,
  status: number,
  response: GraphQLResponse,
  headers: readonly Header[],
): Reply {
  return {
    status,
    headers: [["content-type", `${type}; charset=utf-8`], ["vary", "accept"], ...headers],
    body: JSON.stringify(response),
  };
}
