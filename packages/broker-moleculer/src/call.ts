import { Readable } from "node:stream";
import {
  type CallRequest,
  type CallScope,
  isTidegateError,
  TidegateError,
  type Trace,
} from "@tidegate/core-registry";
import type { CallingOptions, Context, ServiceBroker } from "moleculer";
import { cancelCall } from "./cancel.ts";
import { toTidegateError } from "./errors.ts";
import { type Outgoing, outgoing } from "./files.ts";
import type { Settings } from "./options.ts";
import { incoming } from "./streams.ts";
import { createTargets, type Target } from "./target.ts";

/** Calls actions. */
export type Caller = (scope: CallScope, request: CallRequest) => Promise<unknown>;

/** Makes what calls actions through a broker: with limits, on the nodes named, once more elsewhere where it was not dispatched (S9.7). */
export function createCaller(broker: ServiceBroker, settings: Settings): Caller {
  const targets = createTargets(broker);
  const { own } = settings;
  const inline = { encoding: own.streamingToStringEncoding, limit: own.streamingToStringLimit };

  const timeoutOf = (request: CallRequest, stream: boolean): number => {
    if (request.timeout !== undefined) return request.timeout;
    if (stream) return own.streamingCallTimeout;
    return request.batch === undefined ? settings.requestTimeout : own.batchedCallTimeout(request.batch);
  };

  return async (scope, request) => {
    const ready = outgoing(request.params, inline);
    const what = ready instanceof Promise ? await ready : ready;
    const timeout = timeoutOf(request, what.stream !== undefined);
    const tried: string[] = [];
    for (;;) {
      const left = timeLeft(scope, timeout);
      const target = targets.next(scope.branch, request, tried);
      try {
        return await send(broker, scope, target, what, { timeout: left, limit: own.maxBufferedBytes });
      } catch (error) {
        const failed = isTidegateError(error) ? error : toTidegateError(error, target.action, request.action);
        const place = target.place ?? nodeOf(error);
        const again = failed.code === "ACTION_UNAVAILABLE" && failed.details.dispatched === false;
        if (!again || place === undefined || what.stream !== undefined) throw failed;
        tried.push(place);
        if (!targets.left(scope.branch, request, tried)) throw failed;
      }
    }
  };
}

interface Sending {
  readonly timeout: number;
  readonly limit: number;
}

/** Calls once. Waits no longer than the client does; what comes later is thrown away. */
function send(
  broker: ServiceBroker,
  scope: CallScope,
  target: Target,
  what: Outgoing,
  { timeout, limit }: Sending,
): Promise<unknown> {
  const { trace } = scope;
  const begin = trace === undefined ? 0 : performance.now();
  const answer: Promise<unknown> & { ctx?: Context } = broker.call(
    target.action,
    what.params,
    optionsOf(scope, what, target.nodeID, timeout),
  );
  const context = answer.ctx;
  return new Promise((resolve, reject) => {
    const stopListening = scope.onEnd((reason) => {
      const error = endOf(scope, reason, true);
      reject(error);
      what.stream?.destroy(error);
      if (context !== undefined) cancelCall(broker, context);
      answer.then(
        (value) => value instanceof Readable && value.destroy(),
        () => undefined,
      );
    });
    answer.then(
      (value) => {
        stopListening();
        if (trace !== undefined) tell(trace, target, begin, context);
        resolve(value instanceof Readable ? incoming(value, broker, context, limit) : value);
      },
      (error: unknown) => {
        stopListening();
        if (trace !== undefined) tell(trace, target, begin, context, error);
        if (context !== undefined && isTimeout(error)) cancelCall(broker, context);
        reject(error);
      },
    );
  });
}

function optionsOf(
  scope: CallScope,
  { stream, metadata }: Outgoing,
  nodeID: string | undefined,
  timeout: number,
): CallingOptions {
  const meta: Record<string, unknown> = { ...metadata, branch: scope.branch };
  if (scope.deadline !== undefined) meta.deadline = scope.deadline;
  const options: CallingOptions = { timeout, meta };
  const requestID = scope.context.view("id");
  if (typeof requestID === "string") options.requestID = requestID;
  if (nodeID !== undefined) options.nodeID = nodeID;
  if (stream !== undefined) options.stream = stream;
  return options;
}

function tell(
  trace: Trace,
  { action, called, place }: Target,
  begin: number,
  context: Context | undefined,
  error?: unknown,
): void {
  const node = place ?? context?.nodeID;
  trace({
    at: "call",
    action: called,
    ms: performance.now() - begin,
    ...(typeof node === "string" && { node }),
    ...(error !== undefined && { error: toTidegateError(error, action, called).code }),
  });
}

/** Milliseconds that a call may take. @throws where there are none, or nobody waits any more */
function timeLeft(scope: CallScope, timeout: number): number {
  scope.onEnd((reason) => {
    throw endOf(scope, reason, false);
  })();
  if (scope.deadline === undefined) return timeout;
  const left = scope.deadline - Date.now();
  if (left <= 0) throw endOf(scope, undefined, false);
  return Math.min(left, timeout);
}

function endOf({ deadline }: CallScope, cause: unknown, dispatched: boolean): TidegateError {
  const late = deadline !== undefined && Date.now() >= deadline;
  if (late || (isTidegateError(cause) && cause.code === "CALL_TIMEOUT"))
    return new TidegateError("CALL_TIMEOUT", "The request's time is over.", { dispatched, cause });
  return new TidegateError("CANCELLED", undefined, { dispatched, cause });
}

/** The node that an error of Moleculer is about. */
function nodeOf(error: unknown): string | undefined {
  const { data } = (error ?? {}) as { data?: { nodeID?: unknown } | null };
  return typeof data?.nodeID === "string" ? data.nodeID : undefined;
}

function isTimeout(error: unknown): boolean {
  return (error as { type?: unknown } | null | undefined)?.type === "REQUEST_TIMEOUT";
}
