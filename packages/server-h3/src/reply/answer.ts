import { Readable } from "node:stream";
import { type Logger, type Reply, TidegateError } from "@tidegate/core-registry";
import type { Dispatch } from "../dispatch/dispatch.ts";
import type { ServerRequest } from "../request/request.ts";
import { asTidegateError, closesConnection, type ProblemSettings, problemReply } from "./problem.ts";
import { toResponse, untilFlowing } from "./response.ts";

/** What answering needs to know. */
export interface AnswerInput {
  /** Leads to the route. */
  readonly dispatch: Dispatch;
  /** How problems are written. */
  readonly problems: ProblemSettings;
  /** Told of what nobody foresaw. */
  readonly logger: Logger;
  /** Whether the server is stopping: each reply is then the last of its connection. */
  draining(): boolean;
}

/** Answers a request, whatever happens; a promise only where the route returned one, or a stream. Never throws. */
export type Answer = (request: ServerRequest) => Response | Promise<Response>;

/** Makes the function that runs requests: dispatch, reply, problem, and the scope's end. */
export function createAnswer({ dispatch, problems, logger, draining }: AnswerInput): Answer {
  const fail = (request: ServerRequest, thrown: unknown): Response => {
    const error = asTidegateError(thrown);
    request.scope?.end();
    if (!request.gone) logFailure(logger, request, error);
    const closing = draining() || closesConnection(error);
    try {
      return toResponse(request, problemReply(error, request.id, problems), closing);
    } catch {
      // The error itself carries what cannot be sent.
      return toResponse(request, problemReply(new TidegateError("INTERNAL"), request.id, problems), closing);
    }
  };

  const send = (request: ServerRequest, reply: Reply): Response | Promise<Response> => {
    if (reply.body instanceof Readable && request.method !== "HEAD")
      return sendStream(request, reply, reply.body);
    const response = toResponse(request, reply, draining());
    request.scope?.end();
    return response;
  };

  const sendStream = async (request: ServerRequest, reply: Reply, stream: Readable): Promise<Response> => {
    stream.once("close", () => request.scope?.end());
    request.onGone(() => stream.destroy());
    let flowing = false;
    stream.on("error", (error) => {
      // The connection is cut (the client must not take half a body for the whole), so the log alone can tell.
      if (flowing && !request.gone) logFailure(logger, request, asTidegateError(error));
    });
    try {
      await untilFlowing(stream);
      flowing = true;
      return toResponse(request, reply, draining());
    } catch (error) {
      stream.destroy();
      throw error;
    }
  };

  const sendSafely = (request: ServerRequest, reply: Reply): Response | Promise<Response> => {
    try {
      const sent = send(request, reply);
      return sent instanceof Promise ? sent.catch((error: unknown) => fail(request, error)) : sent;
    } catch (error) {
      return fail(request, error);
    }
  };

  return (request) => {
    try {
      const reply = dispatch(request);
      if (!isPromise(reply)) return sendSafely(request, reply);
      return reply.then(
        (value) => sendSafely(request, value),
        (error: unknown) => fail(request, error),
      );
    } catch (error) {
      return fail(request, error);
    }
  };
}

/** Tells what failed; what nobody foresaw aloud. */
export function logFailure(logger: Logger, request: ServerRequest, error: TidegateError): void {
  const line = `${request.method} ${request.base}${request.path.slice(0, 200)} ${error.status} ${error.code} (${request.id})`;
  if (error.code === "INTERNAL" || error.code === "REPLY_INVALID")
    logger.error(line, error.details.cause ?? error);
  else logger.debug(line, error);
}

function isPromise(reply: Reply | Promise<Reply>): reply is Promise<Reply> {
  return "then" in reply && typeof reply.then === "function";
}
