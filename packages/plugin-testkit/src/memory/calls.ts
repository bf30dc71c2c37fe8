import type { Readable } from "node:stream";
import { type CallRequest, type CallScope, type Clock, TidegateError } from "@tidegate/core-registry";
import type { TestAction, TestCall } from "../service.ts";
import type { Host } from "./host.ts";
import { limit } from "./limits.ts";

/** Runs an action on a node until it answers, fails, or its time is over. */
export function runAction(
  host: Host,
  action: TestAction,
  scope: CallScope,
  request: CallRequest,
  limits: { readonly clock: Clock; readonly timeout: number },
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const stop = limit(scope, limits.clock, request.timeout ?? limits.timeout, reject);
  host.running.add(reject);
  answer(action, callOf(host, scope, request)).then(resolve, reject);
  return promise.finally(() => {
    host.running.delete(reject);
    stop();
  });
}

async function answer(action: TestAction, call: TestCall): Promise<unknown> {
  try {
    return (await action.handler?.(call)) ?? null;
  } catch (error) {
    throw fromService(error);
  }
}

function callOf(host: Host, scope: CallScope, request: CallRequest): TestCall {
  const whole = wholeStream(request.params);
  const meta = {
    branch: scope.branch,
    ...(scope.deadline !== undefined && { deadline: scope.deadline }),
  };
  return {
    action: request.action,
    node: host.id,
    meta,
    params: (whole === undefined ? request.params : whole.metadata) as TestCall["params"],
    ...(whole !== undefined && { stream: whole.stream }),
  };
}

/** Where the whole params are a file or a stream (S8): its bytes, and what is known of it. */
function wholeStream(params: unknown): { stream: Readable; metadata: object } | undefined {
  if (typeof params !== "object" || params === null) return undefined;
  if ("createReadStream" in params && typeof params.createReadStream === "function") {
    const { createReadStream, ...metadata } = params;
    return { stream: createReadStream.call(params), metadata };
  }
  return "pipe" in params && typeof params.pipe === "function"
    ? { stream: params as Readable, metadata: {} }
    : undefined;
}

/** A service's own error, as the gateway knows it (S12.5). */
function fromService(cause: unknown): TidegateError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const { code, type, data } = error as { code?: unknown; type?: unknown; data?: unknown };
  return new TidegateError("SERVICE_ERROR", error.message, {
    cause,
    ...(typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599 && { status: code }),
    ...(typeof type === "string" && { serviceCode: type }),
    ...(data !== undefined && { data }),
  });
}
