import { Readable } from "node:stream";
import {
  type CallRequest,
  type CallScope,
  isTidegateError,
  TidegateError,
  type Trace,
} from "@tidegate/core-registry";
import type { CallingOptions, Context, ServiceBroker } from "moleculer";
import { toTidegateError } from "./errors.ts";
import { type Outgoing, outgoing } from "./files.ts";
import type { Settings } from "./options.ts";
import { incoming } from "./streams.ts";

/** Calls actions. */
export type Caller = (scope: CallScope, request: CallRequest) => Promise<unknown>;

/** Makes what calls actions through a broker: with limits, on the nodes named, once more elsewhere where it was not begun (S9.7). */
export function createCaller(broker: ServiceBroker, settings: Settings): Caller {
  const turns = createTurns(broker);
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
      const nodeID = turns.next(request, tried);
      try {
        return await send(broker, scope, request.action, what, {
          nodeID,
          timeout: left,
          limit: own.maxBufferedBytes,
        });
      } catch (error) {
        const failed = isTidegateError(error) ? error : toTidegateError(error, request.action);
        const node = nodeID ?? nodeOf(error);
        const again = failed.code === "ACTION_UNAVAILABLE" && failed.details.begun === false;
        if (!again || node === undefined || what.stream !== undefined) throw failed;
        tried.push(node);
        if (!turns.left(request, tried)) throw failed;
      }
    }
  };
}

interface Sending {
  readonly nodeID: string | undefined;
  readonly timeout: number;
  readonly limit: number;
}

/** Calls once. Waits no longer than the client does; what comes later is thrown away. */
function send(
  broker: ServiceBroker,
  scope: CallScope,
  action: string,
  what: Outgoing,
  { nodeID, timeout, limit }: Sending,
): Promise<unknown> {
  const { trace } = scope;
  const begin = trace === undefined ? 0 : performance.now();
  const answer: Promise<unknown> & { ctx?: Context } = broker.call(
    action,
    what.params,
    optionsOf(scope, what, nodeID, timeout),
  );
  const context = answer.ctx;
  return new Promise((resolve, reject) => {
    const stopListening = scope.onEnd((reason) => {
      const error = endOf(scope, reason, true);
      reject(error);
      what.stream?.destroy(error);
      answer.then(
        (value) => value instanceof Readable && value.destroy(),
        () => undefined,
      );
    });
    answer.then(
      (value) => {
        stopListening();
        if (trace !== undefined) tell(trace, action, begin, context);
        resolve(value instanceof Readable ? incoming(value, broker, context, limit) : value);
      },
      (error: unknown) => {
        stopListening();
        if (trace !== undefined) tell(trace, action, begin, context, error);
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
  action: string,
  begin: number,
  context: Context | undefined,
  error?: unknown,
): void {
  const node = context?.nodeID;
  trace({
    at: "call",
    action,
    ms: performance.now() - begin,
    ...(typeof node === "string" && { node }),
    ...(error !== undefined && { error: toTidegateError(error, action).code }),
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

function endOf({ deadline }: CallScope, cause: unknown, begun: boolean): TidegateError {
  const late = deadline !== undefined && Date.now() >= deadline;
  if (late || (isTidegateError(cause) && cause.code === "CALL_TIMEOUT"))
    return new TidegateError("CALL_TIMEOUT", "The request's time is over.", { begun, cause });
  return new TidegateError("CANCELLED", undefined, { begun, cause });
}

interface Turns {
  /** The node to call, or undefined where any may serve and Moleculer balances. @throws `ACTION_UNAVAILABLE` */
  next(request: CallRequest, tried: readonly string[]): string | undefined;
  /** Whether a node is left that was not tried. */
  left(request: CallRequest, tried: readonly string[]): boolean;
}

/** Round robin over the nodes that a call may go to; Moleculer balances over all nodes or over none. */
function createTurns(broker: ServiceBroker): Turns {
  let turn = 0;
  const able = ({ action, nodes }: CallRequest, tried: readonly string[]): string[] =>
    (broker.registry.getActionEndpoints(action)?.endpoints ?? [])
      .filter((endpoint) => endpoint.isAvailable && !tried.includes(endpoint.id))
      .map((endpoint) => endpoint.id)
      .filter((id) => nodes === undefined || nodes.includes(id));
  return {
    next: (request, tried) => {
      if (request.nodes === undefined && tried.length === 0) return undefined;
      const ids = able(request, tried);
      turn = (turn + 1) % Number.MAX_SAFE_INTEGER;
      const id = ids[turn % ids.length];
      if (id !== undefined) return id;
      throw new TidegateError("ACTION_UNAVAILABLE", `No node that may be called offers ${request.action}.`, {
        begun: false,
      });
    },
    left: (request, tried) => able(request, tried).length > 0,
  };
}

/** The node that an error of Moleculer is about. */
function nodeOf(error: unknown): string | undefined {
  const { data } = (error ?? {}) as { data?: { nodeID?: unknown } | null };
  return typeof data?.nodeID === "string" ? data.nodeID : undefined;
}
