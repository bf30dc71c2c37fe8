import { isTidegateError, TidegateError } from "@tidegate/core-registry";
import { type RequestFailureLog, routeLabel } from "@tidegate/core-registry/runtime";
import type { ServerRequest } from "../request/request.ts";

/** Converts a thrown value to a `TidegateError`; any other error becomes the cause of an `INTERNAL`. */
export function asTidegateError(thrown: unknown): TidegateError {
  if (isTidegateError(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : "A value that is not an Error was thrown.";
  return new TidegateError("INTERNAL", message, { cause: thrown });
}

/** What is known of a failure beside its request. */
export interface FailureDetails {
  /** Differs from the request's own for the messages of a socket. */
  readonly requestId?: string;
  /** Where in the request it failed, such as a field of GraphQL. */
  readonly place?: string | undefined;
  /** What failed. Default: the protocol and the service of the route. */
  readonly origin?: string | undefined;
}

/**
 * Logs a failed request with its route, and the plugin and the service of the route (S12.5). All failures of
 * requests are logged here: what routes, pages and hooks throw, and what protocols answer themselves.
 */
export function logFailure(
  failures: RequestFailureLog,
  request: ServerRequest,
  error: TidegateError,
  details: FailureDetails = {},
): void {
  const { route } = request;
  const { requestId = request.id, place, origin = originOf(request) } = details;
  failures.add(error, {
    requestId,
    target: `${request.method} ${request.base}${request.path}`,
    route: route === undefined ? undefined : routeLabel(route),
    origin,
    place,
  });
}

function originOf({ route, version }: ServerRequest): string | undefined {
  const origin = route === undefined ? undefined : version?.routeOrigin(route);
  if (origin === undefined) return undefined;
  const { protocol, service } = origin;
  return `the protocol '${protocol}'${service === undefined ? "" : ` for service '${service}'`}`;
}
