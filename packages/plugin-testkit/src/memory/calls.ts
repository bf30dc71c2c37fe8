import type { Readable } from "node:stream";
import {
  type CallRequest,
  type CallScope,
  type Clock,
  isTidegateError,
  TidegateError,
} from "@tidegate/core-registry";
import { plainAnswer } from "@tidegate/core-registry/runtime";
import type { TestAction, TestCall } from "../service.ts";
import type { NodeState } from "./node.ts";

/** Runs an action on a node until it returns, throws, or its time is over. */
export function runAction(
  node: NodeState,
  action: TestAction,
  scope: CallScope,
  request: CallRequest,
  limits: { readonly clock: Clock; readonly timeout: number },
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const stopLimit = limitCall(scope, limits.clock, request.timeout ?? limits.timeout, reject);
  node.running.add(reject);
  runHandler(action, toTestCall(node, scope, request)).then(resolve, reject);
  return promise.finally(() => {
    node.running.delete(reject);
    stopLimit();
  });
}

async function runHandler(action: TestAction, call: TestCall): Promise<unknown> {
  let answer: unknown;
  try {
    answer = (await action.handler?.(call)) ?? null;
  } catch (error) {
    throw toServiceError(error);
  }
  return plainAnswer(answer);
}

function toTestCall(node: NodeState, scope: CallScope, request: CallRequest): TestCall {
  const streamed = streamOf(request.params);
  const stream = request.stream ?? streamed?.stream;
  const meta = {
    branch: scope.branch,
    ...(scope.deadline !== undefined && { deadline: scope.deadline }),
  };
  return {
    action: request.action,
    node: node.id,
    meta,
    params: (streamed === undefined ? request.params : streamed.metadata) as TestCall["params"],
    ...(stream !== undefined && { stream }),
  };
}

/** The stream and its metadata, where the params as a whole are a file or a stream (S8). */
function streamOf(params: unknown): { stream: Readable; metadata: object } | undefined {
  if (typeof params !== "object" || params === null) return undefined;
  if ("createReadStream" in params && typeof params.createReadStream === "function") {
    const { createReadStream, ...metadata } = params;
    return { stream: createReadStream.call(params), metadata };
  }
  return "pipe" in params && typeof params.pipe === "function"
    ? { stream: params as Readable, metadata: {} }
    : undefined;
}

/** Converts an error of a service as brokers do (S12.5). */
function toServiceError(cause: unknown): TidegateError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const { code, type, data } = error as { code?: unknown; type?: unknown; data?: unknown };
  return new TidegateError("SERVICE_ERROR", error.message, {
    cause,
    ...(typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599 && { status: code }),
    ...(typeof type === "string" && { serviceCode: type }),
    ...(data !== undefined && { data }),
  });
}

/** The error of a call whose scope has ended: its deadline passed, or its client disconnected. */
export function scopeError(scope: CallScope, clock: Clock, dispatched: boolean): TidegateError {
  const { reason } = scope.signal;
  const isLate = scope.deadline !== undefined && clock.now() >= scope.deadline;
  if (isLate || (isTidegateError(reason) && reason.code === "CALL_TIMEOUT"))
    return new TidegateError("CALL_TIMEOUT", "The request's deadline has passed.", { dispatched });
  return new TidegateError("CANCELLED", undefined, { dispatched, cause: reason });
}

/**
 * Calls `onEnd` when the scope ends or `timeout` milliseconds have passed.
 *
 * @returns a function that removes the limit
 */
function limitCall(
  scope: CallScope,
  clock: Clock,
  timeout: number,
  onEnd: (error: TidegateError) => void,
): () => void {
  const ms = scope.deadline === undefined ? timeout : Math.min(timeout, scope.deadline - clock.now());
  const expire = (): void =>
    onEnd(new TidegateError("CALL_TIMEOUT", `No answer within ${ms} ms.`, { dispatched: true }));
  const abort = (): void => onEnd(scopeError(scope, clock, true));
  const cancelTimer = clock.after(ms, expire);
  scope.signal.addEventListener("abort", abort, { once: true });
  return () => {
    cancelTimer();
    scope.signal.removeEventListener("abort", abort);
  };
}
