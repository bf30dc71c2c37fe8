import type {
  Connector,
  Finding,
  HttpRequest,
  HttpRoute,
  Reply,
  Scope,
  Sources,
} from "@tidegate/core-registry";
import { readBody } from "./body.ts";
import { literalReply, type ReplyReporter, replyOf } from "./reply.ts";

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
  const toReply = (value: unknown, scope: Scope): Reply => {
    const { jsonPath } = reporter;
    const report = (finding: Finding): void =>
      reporter.report({ ...finding, requestId: scope.correlation.requestId });
    return literal ? literalReply(value, { jsonPath, report }) : replyOf(value, { jsonPath, report });
  };

  const run = (request: HttpRequest, scope: Scope, body?: unknown): Reply | Promise<Reply> => {
    const sources = new RestSources(request, body);
    const result = ignoreError ? runOrNull(connector, scope, sources) : connector.run(scope, sources);
    return result instanceof Promise ? result.then((value) => toReply(value, scope)) : toReply(result, scope);
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
