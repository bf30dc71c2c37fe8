import { isTidegateError, publicError, type Scope, TidegateError } from "@tidegate/core-registry";
import type { GraphQLErrorExtensions, GraphQLFormattedError } from "graphql";

/** An error as graphql-js makes it. */
export interface ExecutionError {
  readonly message: string;
  readonly locations?: GraphQLFormattedError["locations"];
  readonly path?: GraphQLFormattedError["path"];
  readonly extensions?: GraphQLErrorExtensions | undefined;
  /** The value that a resolver threw. */
  readonly originalError?: unknown;
}

/** A response, as the client gets it. */
export interface GraphQLResponse {
  /** Undefined after a request error: nothing was executed. */
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFormattedError[];
}

/**
 * Formats a field error, and logs it where it is a failure of 500 or more. Its code and message follow the
 * rules for HTTP (S12.5): the client sees of a failure only its code and the request's id.
 */
export function formatFieldError(error: ExecutionError, scope: Scope): GraphQLFormattedError {
  const { message, locations, path, originalError } = error;
  const position = {
    ...(locations === undefined || locations === null || locations.length === 0 ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
  };
  const place = path === undefined ? undefined : `field ${path.join(".")}`;
  if (originalError !== undefined && originalError !== null && !isOfGraphQL(originalError))
    return { ...formatThrownError(originalError, scope, place), ...position };
  // GraphQL rejects the reply of a service: for example null for a non-null type, or a string for a number.
  const code = "REPLY_INVALID";
  scope.logFailure(new TidegateError(code, message), place);
  const extensions = { ...error.extensions, code, requestId: scope.correlation.requestId };
  return { message, ...position, extensions };
}

/**
 * Formats a value that was thrown outside of the fields of an operation, and logs it where it is a failure of
 * 500 or more.
 * @param place where in the request it was thrown, for the log
 */
export function formatThrownError(error: unknown, scope: Scope, place?: string): GraphQLFormattedError {
  const { status, code, message, data, retryAfter } = publicError(error);
  scope.logFailure(error, place);
  return {
    message,
    extensions: {
      code,
      ...(status < 500 ? {} : { requestId: scope.correlation.requestId }),
      ...(data === undefined ? {} : { data }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    },
  };
}

/** Formats a request error: the document or its variables are invalid, and nothing was executed. */
export function formatRequestError(error: ExecutionError, code: string): GraphQLFormattedError {
  const { message, locations } = error;
  return {
    message,
    ...(locations === undefined ? {} : { locations }),
    extensions: { ...error.extensions, code },
  };
}

// graphql-js throws plain errors for these two, so only their texts tell them from errors of resolvers.
const plainMessages = [
  /^Cannot return null for non-nullable field \w+\.\w+\.$/,
  /^Expected `\w+\.coerceOutputValue\(/,
];

/** Whether graphql-js or a scalar threw an error, and no resolver. */
function isOfGraphQL(error: unknown): boolean {
  if (!(error instanceof Error) || isTidegateError(error)) return false;
  return error.name === "GraphQLError" || plainMessages.some((pattern) => pattern.test(error.message));
}
