/*
 * The way of a request where middleware is configured (S12.2), from top to bottom:
 *
 * 1. Read the target, so that hooks know path and base. Where it is malformed, the request fails in step 3.
 * 2. Run the `request` hooks in the configured order. The first reply ends this step and skips the next one.
 * 3. Find the reply: run the route or the page, or decide about the upgrade.
 * 4. Where a step failed, run the `error` hooks in reverse order. The first reply wins; without one, the
 *    error becomes a problem document.
 * 5. Run the `reply` hooks in reverse order. A hook that fails replaces the reply by a problem document,
 *    which the next hooks see.
 *
 * The caller writes the reply (dispatch.ts, sockets/upgrade.ts).
 */

import { Readable } from "node:stream";
import { isTidegateError, type Middleware, type Reply, TidegateError } from "@tidegate/core-registry";
import { discardStream } from "@tidegate/core-registry/runtime";
import { asTidegateError, logFailure } from "../reply/failure.ts";
import { closesConnection, problemReply } from "../reply/problem.ts";
import { untilReadable } from "../reply/write.ts";
import type { ServerRequest } from "../request/request.ts";
import type { ServerParts } from "../served.ts";
import { readTarget, type Target } from "../target.ts";
import type { MiddlewareChain } from "./chain.ts";
import { checkReply } from "./check-reply.ts";
import { HookInput } from "./hook-input.ts";

/** A request on its way through the middleware. */
interface Run {
  readonly parts: ServerParts;
  readonly chain: MiddlewareChain;
  readonly request: ServerRequest;
  readonly input: HookInput;
}

/** Finds the reply for a target without middleware. A reply of status 101 accepts an upgrade. */
export type FindReply = (target: Target) => Reply | Promise<Reply>;

/** Runs the hooks around `findReply`, and returns the reply to send. Errors become problem documents. */
export async function runMiddleware(
  parts: ServerParts,
  chain: MiddlewareChain,
  request: ServerRequest,
  isUpgrade: boolean,
  findReply: FindReply,
): Promise<Reply> {
  const run: Run = { parts, chain, request, input: new HookInput(parts, request, isUpgrade) };
  let reply: Reply;
  try {
    const proceed = prepare(run, findReply);
    reply = (await runRequestHooks(run)) ?? (await checkFound(run, await proceed()));
  } catch (thrown) {
    reply = await runErrorHooks(run, logged(run, thrown));
  }
  reply = await runReplyHooks(run, reply);
  run.input.end();
  return reply;
}

/** Step 1. Returns step 3 for later. */
function prepare({ parts, request }: Run, findReply: FindReply): () => Reply | Promise<Reply> {
  try {
    const target = readTarget(request, parts.selector);
    return () => findReply(target);
  } catch (error) {
    request.path = request.url.split("?", 1)[0] ?? "";
    return () => {
      throw error;
    };
  }
}

/** Step 2. */
async function runRequestHooks(run: Run): Promise<Reply | undefined> {
  for (const middleware of run.chain.request) {
    const reply = await callHook(run, middleware, "request", () => middleware.request?.(run.input));
    if (reply !== undefined) return reply;
  }
  return undefined;
}

/**
 * The end of step 3: a reply that cannot be sent, and a stream that fails before its first byte, are errors.
 * @throws `REPLY_INVALID`, the error of the stream
 */
async function checkFound({ request, input }: Run, found: Reply): Promise<Reply> {
  const reply = checked(found, input.isUpgrade);
  const { body } = reply;
  if (!(body instanceof Readable) || request.method === "HEAD") return reply;
  request.onClose(() => body.destroy());
  try {
    await untilReadable(body);
  } catch (error) {
    body.destroy();
    throw error;
  }
  return reply;
}

function checked(found: Reply, isUpgrade: boolean): Reply {
  try {
    return checkReply(found, isUpgrade);
  } catch (cause) {
    throw new TidegateError("REPLY_INVALID", cause instanceof Error ? cause.message : undefined, { cause });
  }
}

/** Step 4. */
async function runErrorHooks(run: Run, error: TidegateError): Promise<Reply> {
  for (const middleware of run.chain.error) {
    try {
      const reply = await callHook(run, middleware, "error", () => middleware.error?.(error, run.input));
      if (reply !== undefined) return reply;
    } catch (thrown) {
      logged(run, thrown);
    }
  }
  return problemOf(run, error);
}

/** Step 5. */
async function runReplyHooks(run: Run, found: Reply): Promise<Reply> {
  let reply = found;
  for (const middleware of run.chain.reply) {
    const previous = reply;
    try {
      const next = await callHook(
        run,
        middleware,
        "reply",
        () => middleware.reply?.(previous, run.input),
        previous,
      );
      if (next !== undefined) reply = next;
    } catch (thrown) {
      discardStream(previous.body);
      reply = problemOf(run, logged(run, thrown));
    }
    if (reply.body !== previous.body) discardLater(run.request, previous);
  }
  return reply;
}

/** The new body can read the replaced one, so that one is kept until the reply is sent. */
function discardLater(request: ServerRequest, { body }: Reply): void {
  if (body instanceof Readable) request.onClose(() => body.destroy());
}

/** The name of a hook, for log lines. */
type HookName = "request" | "reply" | "error";

/** The failure of a hook. Its message names the middleware, its cause is what the hook threw. */
class HookError extends TidegateError {
  readonly origin: string;

  constructor(middleware: string, hook: HookName, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : "It threw a value that is not an Error.";
    super("INTERNAL", `The middleware '${middleware}' failed in '${hook}': ${reason}`, { cause });
    this.origin = `the middleware '${middleware}'`;
  }
}

/**
 * Calls a hook and checks what it returns.
 * @param previous the reply that a `reply` hook is given; the others can return undefined
 * @throws {TidegateError} what a `request` or `reply` hook threw, where it is one and its status is not 500;
 * `CANCELLED` where the client is gone; `HookError` for everything else
 */
async function callHook(
  { input }: Run,
  { name }: Middleware,
  hook: HookName,
  call: () => unknown,
  previous?: Reply,
): Promise<Reply | undefined> {
  try {
    const result = call();
    const value = isThenable(result) ? await input.wait(result) : result;
    if (value === undefined && previous === undefined) return undefined;
    return checkReply(value, input.isUpgrade && previous?.status === 101);
  } catch (cause) {
    if (isTidegateError(cause) && isMeant(cause, hook)) throw cause;
    throw new HookError(name, hook, cause);
  }
}

/** Whether an error of a hook is an answer. An `error` hook has only one way to answer: a reply. */
function isMeant({ code, status }: TidegateError, hook: HookName): boolean {
  return code === "CANCELLED" || (hook !== "error" && status !== 500);
}

/** Logs a failure, unless the client is gone. */
function logged({ parts, request }: Run, thrown: unknown): TidegateError {
  const error = asTidegateError(thrown);
  if (closesConnection(error)) request.closesConnection = true;
  const isOfHook = error instanceof HookError;
  if (isOfHook || !request.clientGone)
    logFailure(parts.failures, request, error, { origin: isOfHook ? error.origin : undefined });
  return error;
}

function problemOf({ parts, request }: Run, error: TidegateError): Reply {
  try {
    return checkReply(problemReply(error, request.id, parts.problems), false);
  } catch {
    // The error has headers that cannot be sent.
    return problemReply(new TidegateError("INTERNAL"), request.id, parts.problems);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
