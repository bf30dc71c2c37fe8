import {
  type CallRequest,
  type CallScope,
  type Clock,
  isTidegateError,
  TidegateError,
} from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";
import type { QueueCall } from "./services.ts";

/** A call that waits in the queue or runs on a worker. */
export interface Job {
  readonly scope: CallScope;
  readonly request: CallRequest;
  /** Settles with the answer, the error of the action, the timeout, or the end of the client. */
  readonly answer: Promise<unknown>;
  /** Whether the answer is settled. Then no worker needs to begin the job. */
  isSettled(): boolean;
  /** Runs the handler on a worker. */
  run(worker: string, handler: (call: QueueCall) => unknown): void;
  fail(error: TidegateError): void;
}

/**
 * Creates a job, with its limits. From now on it ends by itself.
 * @param timeout in milliseconds
 */
export function createJob(scope: CallScope, request: CallRequest, timeout: number, clock: Clock): Job {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const end = new AbortController();
  const began = clock.now();
  let worker: string | undefined;
  let isSettled = false;
  const settle = (run: () => void, error?: TidegateError): void => {
    if (isSettled) return;
    isSettled = true;
    cancelTimer();
    stopListening();
    const node = worker === undefined ? {} : { node: worker };
    const failed = error === undefined ? {} : { error: error.code };
    scope.trace?.({ at: "call", action: request.action, ms: clock.now() - began, ...node, ...failed });
    run();
    end.abort();
  };
  const fail = (error: TidegateError): void => settle(() => reject(error), error);
  const limit = (code: "CALL_TIMEOUT" | "CANCELLED", message: string): void =>
    fail(new TidegateError(code, message, { dispatched: worker !== undefined }));
  const ms = Math.min(request.timeout ?? timeout, (scope.deadline ?? Number.POSITIVE_INFINITY) - began);
  const cancelTimer = clock.after(Math.max(0, ms), () => limit("CALL_TIMEOUT", `No answer within ${ms} ms.`));
  let stopListening = (): void => undefined;
  stopListening = scope.onEnd((reason) => {
    const isLate = isTidegateError(reason) && reason.code === "CALL_TIMEOUT";
    if (isLate) limit("CALL_TIMEOUT", "The deadline of the request has passed.");
    else limit("CANCELLED", "The client has disconnected.");
  });
  if (ms <= 0) limit("CALL_TIMEOUT", "The deadline of the request has passed.");
  return {
    scope,
    request,
    answer: promise,
    isSettled: () => isSettled,
    fail,
    run: (node, handler) => {
      worker = node;
      const call = callOf(scope, request, node, end.signal);
      Promise.try(handler, call).then(
        (result) => settle(() => resolve(result ?? null)),
        (error: unknown) => fail(serviceErrorOf(error)),
      );
    },
  };
}

function callOf(scope: CallScope, request: CallRequest, node: string, signal: AbortSignal): QueueCall {
  const { action, params, stream } = request;
  const { branch, deadline } = scope;
  // Params that are a file as a whole become their metadata and a stream beside them (S8).
  const isFile = isObject(params) && typeof params.createReadStream === "function";
  const { createReadStream, ...metadata } = isFile ? params : {};
  const opened: unknown = isFile ? Reflect.apply(Object(createReadStream), params, []) : stream;
  return { action, node, params: isFile ? metadata : params, stream: opened, branch, deadline, signal };
}

/** Keeps message, code, type and data of an action's error, and nothing else of it. */
function serviceErrorOf(thrown: unknown): TidegateError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { code, type, data }: Readonly<Record<string, unknown>> = Object(error);
  const isStatus = typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599;
  return new TidegateError("SERVICE_ERROR", error.message, {
    cause: error,
    ...(isStatus ? { status: code } : {}),
    ...(typeof type === "string" ? { serviceCode: type } : {}),
    ...(data === undefined ? {} : { data }),
  });
}
