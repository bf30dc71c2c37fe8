import {
  type Header,
  type HttpRequest,
  isTidegateError,
  type Reply,
  type Scope,
  TidegateError,
} from "@tidegate/core-registry";
import { type Answer, type HiddenError, publicError, requestError } from "../execution/errors.ts";
import { executeOperation } from "../execution/execute.ts";
import type { Operations } from "../execution/operations.ts";
import type { Whole } from "../schema/whole.ts";
import { type AnswerType, wantedType } from "./media.ts";
import { type GraphQLRequest, readPost, readQuery } from "./request.ts";

/** What answers requests over HTTP. */
export interface HttpParts {
  /** What is served. */
  readonly whole: Whole;
  /** Reads operations. */
  readonly operations: Operations;
  /** The page for browsers, where there is one. */
  page?(request: HttpRequest): Reply;
  /** Takes errors that no client may read. */
  readonly hidden: HiddenError;
}

/** Answers one request by GraphQL over HTTP (S5.5). */
export async function handleHttp(parts: HttpParts, request: HttpRequest, scope: Scope): Promise<Reply> {
  const wanted = wantedType(request.header("accept"));
  const isGet = request.method !== "POST";
  if (isGet && wanted === "text/html" && parts.page !== undefined) return parts.page(request);
  if (wanted === undefined) {
    const fault = new TidegateError(
      "BAD_REQUEST",
      "Accept application/graphql-response+json or application/json.",
    );
    return refusal("application/json", fault, 406, parts.hidden);
  }
  const type = wanted === "text/html" ? "application/json" : wanted;
  try {
    const asked = isGet ? readQuery(request) : await readPost(request);
    return await answer(parts, asked, isGet, type, scope);
  } catch (error) {
    return refusal(type, error, isTidegateError(error) ? error.status : 500, parts.hidden);
  }
}

async function answer(
  { whole, operations, hidden }: HttpParts,
  { query, operationName, variables }: GraphQLRequest,
  isGet: boolean,
  type: AnswerType,
  scope: Scope,
): Promise<Reply> {
  const operation = operations.find(whole, query, operationName);
  if ("errors" in operation) return reply(type, operation);
  const kind = operation.node.operation;
  if (kind === "subscription") {
    const how = "Subscriptions are served over WebSocket, by graphql-transport-ws on this path.";
    throw new TidegateError("BAD_REQUEST", how);
  }
  if (isGet && kind !== "query") {
    const headers: readonly Header[] = [["allow", "POST"]];
    throw new TidegateError("METHOD_NOT_ALLOWED", "A GET changes nothing: send mutations by POST.", {
      headers,
    });
  }
  return reply(type, await executeOperation(operation, scope, undefined, variables, hidden));
}

// By GraphQL over HTTP: with JSON any answer to a request that could be read is 200.
function reply(type: AnswerType, answer: Answer): Reply {
  const refused = answer.data === undefined;
  const internal = refused && answer.errors?.[0]?.extensions?.code === "INTERNAL";
  const status = internal ? 500 : refused && type === "application/graphql-response+json" ? 400 : 200;
  return written(type, status, answer, []);
}

function refusal(type: AnswerType, error: unknown, status: number, hidden: HiddenError): Reply {
  const told = isTidegateError(error) ? publicError(error) : requestError(error, hidden);
  return written(
    type,
    status,
    { errors: [told] },
    isTidegateError(error) ? (error.details.headers ?? []) : [],
  );
}

function written(type: AnswerType, status: number, answer: Answer, headers: readonly Header[]): Reply {
  return {
    status,
    headers: [["content-type", `${type}; charset=utf-8`], ["vary", "accept"], ...headers],
    body: JSON.stringify(answer),
  };
}
