import { errorMeaning, isTidegateError, type TidegateError } from "@tidegate/core-registry";
import type { GraphQLErrorExtensions, GraphQLFormattedError } from "graphql";

/** An error as both engines make it. */
export interface EngineError {
  /** What happened. */
  readonly message: string;
  /** Where in the operation. */
  readonly locations?: GraphQLFormattedError["locations"];
  /** Of which field. */
  readonly path?: GraphQLFormattedError["path"];
  /** What else is told. */
  readonly extensions?: GraphQLErrorExtensions | undefined;
  /** What was thrown. */
  readonly originalError?: unknown;
}

/** An answer, as it is sent. */
export interface Answer {
  /** What was asked for. Absent where nothing was executed. */
  readonly data?: unknown;
  /** What went wrong. Absent where nothing did. */
  readonly errors?: readonly GraphQLFormattedError[];
}

/** Told of errors that only the gateway's people may read. */
export type HiddenError = (error: unknown) => void;

/**
 * An error of a field as the client may see it: by the rules of HTTP (S12.5), the code in `extensions`. What failed
 * inside is hidden.
 */
export function fieldError(error: EngineError, hidden: HiddenError): GraphQLFormattedError {
  const { message, locations, path, originalError } = error;
  const place = {
    ...(locations === undefined || locations === null || locations.length === 0 ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
  };
  if (isTidegateError(originalError)) return { ...publicError(originalError), ...place };
  // What GraphQL itself found in a service's answer: a null that may not be one, a text for a number.
  const own = originalError === undefined || originalError === null || isEngineError(originalError);
  if (own) return { message, ...place, extensions: { ...error.extensions, code: "REPLY_INVALID" } };
  hidden(originalError);
  return { message: errorMeaning("INTERNAL").title, ...place, extensions: { code: "INTERNAL" } };
}

/** What a client may see of one of our errors. */
export function publicError(error: TidegateError): GraphQLFormattedError {
  const { code, details } = error;
  const exposed = details.exposed ?? error.status < 500;
  return {
    message: exposed ? error.message : errorMeaning(code).title,
    extensions: {
      code: (exposed ? details.serviceCode : undefined) ?? code,
      ...(exposed && details.data !== undefined ? { data: details.data } : {}),
      ...(details.retryAfter === undefined ? {} : { retryAfter: details.retryAfter }),
    },
  };
}

/** Any failure outside of a field as a client may see it. */
export function requestError(error: unknown, hidden: HiddenError): GraphQLFormattedError {
  if (isTidegateError(error)) return publicError(error);
  hidden(error);
  return { message: errorMeaning("INTERNAL").title, extensions: { code: "INTERNAL" } };
}

/** An error of the operation itself, before anything was executed. */
export function operationError(error: EngineError, code: string): GraphQLFormattedError {
  const { message, locations } = error;
  return {
    message,
    ...(locations === undefined ? {} : { locations }),
    extensions: { ...error.extensions, code },
  };
}

function isEngineError(error: unknown): boolean {
  return error instanceof Error && error.name === "GraphQLError";
}
