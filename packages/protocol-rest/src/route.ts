import type { Connector, HttpRequest, HttpRoute, Reply, Scope, Sources } from "@tidegate/core-registry";
import { readBody } from "./body.ts";
import { plainReply, type ReplyPlace, replyOf } from "./reply.ts";

/** What a route is made of. */
export interface RouteParts extends Pick<HttpRoute, "method" | "path"> {
  /** What it is mapped to. */
  readonly connector: Connector;
  /** Answer null where the connector fails. */
  readonly ignoreError: boolean;
  /** True: the result is what the client sent, and directs nothing. */
  readonly plain: boolean;
  /** Where it stands. */
  readonly place: ReplyPlace;
}

/** Makes a route. What its connector does not read is not made; no promise is made that is not needed. */
export function restRoute(parts: RouteParts): HttpRoute {
  const { method, path, connector, ignoreError, plain, place } = parts;
  const reply = plain ? plainReply : replyOf;
  const answer = (value: unknown): Reply => reply(value, place);
  const run = (request: HttpRequest, scope: Scope, body: unknown): Reply | Promise<Reply> => {
    const result = runConnector(connector, scope, new RestSources(request, body), ignoreError);
    return result instanceof Promise ? result.then(answer) : answer(result);
  };
  const readsBody = connector.reads.includes("body");
  return {
    kind: "http",
    method,
    path,
    handle: (request, scope) => {
      const body = readsBody ? readBody(request.body) : undefined;
      return body === undefined
        ? run(request, scope, undefined)
        : body.then((value) => run(request, scope, value));
    },
  };
}

/** The sources of REST (S3.1). The query is parsed only when something reads it. */
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

function runConnector(connector: Connector, scope: Scope, sources: Sources, ignoreError: boolean): unknown {
  if (!ignoreError) return connector.run(scope, sources);
  try {
    const result = connector.run(scope, sources);
    return result instanceof Promise ? result.catch(() => null) : result;
  } catch {
    return null;
  }
}
