import {
  type Connector,
  type HttpRequest,
  type HttpRoute,
  isTidegateError,
  type Reply,
  type Scope,
  type Sources,
  type TidegateError,
} from "@tidegate/core-registry";
import { readBody } from "./body.ts";
import { literalReply, type ReplyReporter, replyOf, reportInvalid } from "./reply.ts";

/** The compiled parts from which a route is created. */
export interface RouteParts extends Required<Pick<HttpRoute, "method" | "path" | "endpoint">> {
  readonly connector: Connector;
  /** True: a failing connector leads to an empty reply (204). */
  readonly ignoreError: boolean;
  /** True: `$status`, `$headers` and `$body` have no meaning in the result. */
  readonly literal: boolean;
  readonly reporter: ReplyReporter;
}

/** Creates a route. Where neither its body nor its connector needs a promise, the reply needs none either. */
export function restRoute(parts: RouteParts): HttpRoute {
  const { method, path, endpoint, connector, ignoreError, literal, reporter } = parts;
  const { jsonPath } = reporter;
  const reporterOf = (scope: Scope): ReplyReporter => ({
    jsonPath,
    report: (finding) => reporter.report({ ...finding, requestId: scope.correlation.requestId }),
  });
  const toReply = (value: unknown, scope: Scope): Reply =>
    literal ? literalReply(value, reporterOf(scope)) : replyOf(value, reporterOf(scope));
  const fail = (error: unknown, scope: Scope): never => {
    if (isInvalidAnswer(error)) reportInvalid(error.message, reporterOf(scope));
    throw error;
  };

  const run = (request: HttpRequest, scope: Scope, body?: unknown): Reply | Promise<Reply> => {
    const sources = new RestSources(request, body);
    const result = ignoreError ? runOrNull(connector, scope, sources) : connector.run(scope, sources);
    if (!(result instanceof Promise)) return toReply(result, scope);
    return result.then(
      (value) => toReply(value, scope),
      (error: unknown) => fail(error, scope),
    );
  };

  const runWithBody = (request: HttpRequest, scope: Scope): Reply | Promise<Reply> => {
    const body = readBody(request);
    if (body === undefined) return run(request, scope);
    return body.then(({ value, discard }) => {
      if (discard === undefined) return run(request, scope, value);
      return Promise.try(run, request, scope, value).finally(discard);
    });
  };

  return {
    kind: "http",
    method,
    path,
    endpoint,
    handle: connector.reads.includes("body") ? runWithBody : run,
  };
}

/** Whether a call failed because JSON cannot express the answer (S4.5). The broker reports it to no node. */
function isInvalidAnswer(error: unknown): error is TidegateError {
  return isTidegateError(error) && error.code === "REPLY_INVALID" && error.details.dispatched === true;
}

/** The sources of REST (S3.1). The query is parsed only where a connector reads it. */
class RestSources implements Sources {
  readonly [name: string]: unknown;
  readonly path: HttpRequest["params"];
  readonly body: unknown;
  readonly #request: HttpRequest;

  constructor(request: HttpRequest, body: unknown) {
    this.path = request.params;
    this.body = body;
    this.#request = request;
  }

  get query(): HttpRequest["query"] {
    return this.#request.query;
  }
}

function runOrNull(connector: Connector, scope: Scope, sources: Sources): unknown {
  const ignored = (error: unknown): null => {
    scope.logFailure(error);
    return null;
  };
  try {
    const result = connector.run(scope, sources);
    return result instanceof Promise ? result.catch(ignored) : result;
  } catch (error) {
    return ignored(error);
  }
}
