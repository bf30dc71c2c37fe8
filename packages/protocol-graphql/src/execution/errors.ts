import { isTidegateError, publicError } from "@tidegate/core-registry";
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

/** Logs an error that the client must not see. */
export type LogInternalError = (error: unknown) => void;

/**
 * Formats a field error. Its code and message follow the rules for HTTP (S12.5): an internal error is logged,
 * and the client sees its code only.
 */
export function formatFieldError(
  error: ExecutionError,
  logInternalError: LogInternalError,
): GraphQLFormattedError {
  const { message, locations, path, originalError } = error;
  const position = {
    ...(locations === undefined || locations === null || locations.length === 0 ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
  };
  // GraphQL rejects the reply of a service: for example null for a non-null type, or a string for a number.
  if (originalError === undefined || originalError === null || isOfGraphQL(originalError))
    return { message, ...position, extensions: { ...error.extensions, code: "REPLY_INVALID" } };
  return { ...formatThrownError(originalError, logInternalError), ...position };
}

/** Formats a value that was thrown outside of the fields of an operation. */
export function formatThrownError(error: unknown, logInternalError: LogInternalError): GraphQLFormattedError {
  if (!isTidegateError(error)) logInternalError(error);
  const { message, code, data, retryAfter } = publicError(error);
  return {
    message,
    extensions: {
      code,
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
