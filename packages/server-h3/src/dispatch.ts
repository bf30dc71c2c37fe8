/*
 * The steps of an HTTP request, from top to bottom:
 *
 * 1. Read the target: branch and version, from the path, a header, a cookie or the host (target.ts).
 * 2. If the target is a page of the gateway, such as /~status or /~health/liveness, run it (pages.ts).
 * 3. Find the version that is served, if the client can use it (access.ts); compile it if it was evicted.
 * 4. Match method and path against the routes of the version (router.ts).
 * 5. Make the scope of the request (served.ts).
 * 6. Run the route: its protocol reads the request, calls services and returns a reply.
 * 7. Write the reply, or the problem document of an error (reply/), and end the scope.
 *
 * For master's newest version, steps 1 to 6 are synchronous unless the route returns a promise.
 * Where middleware is configured, its hooks run around steps 2 to 6 (middleware/run.ts).
 * WebSocket upgrades take the same steps in sockets/upgrade.ts.
 */

import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { type NotServed, type Reply, type Served, TidegateError } from "@tidegate/core-registry";
import { findServed } from "./access.ts";
import type { MiddlewareChain } from "./middleware/chain.ts";
import { type FindReply, runMiddleware } from "./middleware/run.ts";
import { gatewayHealth, healthReply, isHealthPage, pageReply } from "./pages.ts";
import { asTidegateError, logFailure } from "./reply/failure.ts";
import { closesConnection, problemReply } from "./reply/problem.ts";
import { checkReply, sendReply, untilReadable } from "./reply/write.ts";
import type { ServerRequest } from "./request/request.ts";
import { allMethods, unmatchedReply } from "./router.ts";
import { makeScope, notServedError, recompileEvicted, type ServerParts } from "./served.ts";
import { type BranchName, readTarget, type Target } from "./target.ts";

/** Handles one request. Never throws: errors become problem documents. */
export function dispatch(parts: ServerParts, request: ServerRequest, response: ServerResponse): void {
  const answer = { parts, request, response };
  try {
    const reply = runTarget(parts, request, readTarget(request, parts.selector));
    if (isPromise(reply))
      reply.then(
        (value) => writeReply(answer, value),
        (error: unknown) => writeError(answer, error),
      );
    else writeReply(answer, reply);
  } catch (error) {
    writeError(answer, error);
  }
}

/**
 * Handles one request where middleware is configured: its hooks run around steps 2 to 6 (middleware/run.ts).
 */
export async function dispatchWithMiddleware(
  parts: ServerParts,
  middleware: MiddlewareChain,
  request: ServerRequest,
  response: ServerResponse,
): Promise<void> {
  const answer = { parts, request, response };
  try {
    const findReply: FindReply = (target) => runTarget(parts, request, target);
    writeReply(answer, await runMiddleware(parts, middleware, request, false, findReply));
  } catch (error) {
    writeError(answer, error);
  }
}

/** Steps 2 to 6: runs the page or the route that a target leads to. */
function runTarget(parts: ServerParts, request: ServerRequest, target: Target): Reply | Promise<Reply> {
  if (request.url === "*") return unmatchedReply(request.method, allMethods, gatewayHealth(parts));
  if (target.isPage) {
    if (isHealthPage(request)) return healthReply(request, gatewayHealth(parts));
    return pageReply(parts, request, target);
  }
  // Every client can use master's newest version, and it is never evicted.
  if (target.branch === "master" && target.tag === undefined)
    return runRoute(parts, request, target, parts.api.find("master", undefined));
  return runOnBranch(parts, request, target);
}

/** Steps 3 to 6 on any branch and version, with a check of access. */
async function runOnBranch(parts: ServerParts, request: ServerRequest, target: BranchName): Promise<Reply> {
  const found = await findServed(parts, request, target);
  const served = await recompileEvicted(request, found);
  return runRoute(parts, request, target, served);
}

/** Steps 4 to 6: matches the route, makes the scope, runs the route. */
function runRoute(
  parts: ServerParts,
  request: ServerRequest,
  target: BranchName,
  served: Served | NotServed,
): Reply | Promise<Reply> {
  if (served.version === undefined) throw notServedError(served, target);
  const router = parts.routerOf(served.version);
  const match = router.find(request.method, request.path);
  if (match === undefined)
    return unmatchedReply(request.method, router.methods(request.path), gatewayHealth(parts));
  request.params = match.params;
  request.route = match.route;
  request.version = served.version;
  request.scope = makeScope(parts, request, target.branch, served);
  return match.route.handle(request, request.scope);
}

/** A request that is being answered. */
interface Answer {
  readonly parts: ServerParts;
  readonly request: ServerRequest;
  readonly response: ServerResponse;
}

/** Step 7: writes the reply and ends the scope. */
function writeReply(answer: Answer, reply: Reply): void {
  const { parts, request, response } = answer;
  try {
    checkReply(reply);
    if (reply.body instanceof Readable && request.method !== "HEAD") {
      writeStream(answer, reply, reply.body).catch((error: unknown) => writeError(answer, error));
      return;
    }
    sendReply(request, response, reply, parts.status.draining || request.closesConnection);
    request.scope?.end();
  } catch (error) {
    writeError(answer, error);
  }
}

/** Step 7 for a streamed body: the scope ends with the stream, and the stream with the client. */
async function writeStream(
  { parts, request, response }: Answer,
  reply: Reply,
  stream: Readable,
): Promise<void> {
  const stopWatching = request.onClientGone(() => stream.destroy());
  stream.once("close", () => {
    stopWatching();
    request.scope?.end();
  });
  let hasStarted = false;
  stream.on("error", (error) => {
    // The body is sent in part: the error can only be logged, and Node cuts the connection.
    if (hasStarted && !request.clientGone) logFailure(parts.failures, request, asTidegateError(error));
  });
  try {
    await untilReadable(stream);
    hasStarted = true;
    sendReply(request, response, reply, parts.status.draining || request.closesConnection);
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

/** Step 7 for an error: logs it, writes its problem document and ends the scope. */
function writeError({ parts, request, response }: Answer, thrown: unknown): void {
  const { failures, problems, status } = parts;
  const error = asTidegateError(thrown);
  request.scope?.end();
  if (!request.clientGone) logFailure(failures, request, error);
  const closing = status.draining || closesConnection(error);
  try {
    sendReply(request, response, problemReply(error, request.id, problems), closing);
  } catch {
    // The error has headers that cannot be sent.
    sendReply(request, response, problemReply(new TidegateError("INTERNAL"), request.id, problems), closing);
  }
}

// A route is the code of a plugin: it can return anything, which `writeReply` checks.
function isPromise(reply: Reply | Promise<Reply>): reply is Promise<Reply> {
  return typeof reply === "object" && reply !== null && "then" in reply && typeof reply.then === "function";
}
