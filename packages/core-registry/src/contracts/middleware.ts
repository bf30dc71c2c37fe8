import type { Context } from "./context.ts";
import type { TidegateError } from "./errors.ts";
import type { HttpRequest } from "./request.ts";
import type { Reply } from "./route.ts";

/**
 * Sees every request and every reply of the gateway (S12.2): routes, errors, the gateway's own pages, and
 * WebSocket upgrades as requests. `request` hooks run in the configured order, `error` and `reply` hooks in
 * the reverse order. Messages on an open WebSocket are no requests here.
 *
 * A hook can throw a `TidegateError`, which is answered like that of a route. If it throws something else,
 * returns something else, or needs more than 10 s, the gateway logs the name of the middleware, and the
 * client gets 500 (S17).
 */
export interface Middleware {
  readonly contract: 2;
  /** Names the middleware in log lines. Two middlewares cannot have the same name. */
  readonly name: string;
  /**
   * Runs before the gateway looks for a route. Returns undefined to continue, or the reply: then neither
   * later `request` hooks nor the route run.
   */
  request?(input: MiddlewareInput): Reply | undefined | Promise<Reply | undefined>;
  /**
   * Runs before a reply is sent, and returns the reply to send: the same one, or another one with its
   * headers and body. The given reply is frozen. The reply of an accepted upgrade has the status 101 and no
   * body; the hook can add headers, or return a reply of another status to refuse the upgrade. The body of a
   * reply to HEAD is not sent. A hook that replaces a stream without reading it does not have to destroy it.
   */
  reply?(reply: Reply, input: MiddlewareInput): Reply | Promise<Reply>;
  /**
   * Runs where a `request` hook, a route or a page failed, or none was found. Returns undefined to continue,
   * or the reply for the error. Without a reply, the error becomes a problem document (S12.5). If this hook
   * fails, the original error is answered.
   */
  error?(error: TidegateError, input: MiddlewareInput): Reply | undefined | Promise<Reply | undefined>;
  /** Opens what the middleware needs, before the gateway listens. If it fails, the gateway does not start. */
  start?(): void | Promise<void>;
  /** Closes what `start` opened, after the gateway has stopped listening. */
  dispose?(): void | Promise<void>;
}

/**
 * Describes one request for the hooks of middleware. All hooks of a request get the same object, so it can be
 * the key of a `WeakMap` that keeps what `request` wants to hand to `reply`.
 */
export interface MiddlewareInput {
  /**
   * The request. `path` and `base` are already known in `request` hooks, `params` only after a route was
   * found. The path of a malformed request, which is answered with 400 or 404, is the one that the client
   * sent. A hook that reads the body takes it from the route.
   */
  readonly request: HttpRequest;
  /** The correlation id. Where it was read, the reply carries it as `x-request-id`. */
  readonly id: string;
  /** When the head of the request was received: milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Whether the client asks for a WebSocket. */
  readonly isUpgrade: boolean;
  /**
   * The context values of the request, which the route reads too (S12.3). Created when it is first read.
   * Until a route is found, `call` of a context factory reaches the services of the branch `master`.
   */
  readonly context: Context;
}
