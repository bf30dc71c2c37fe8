import { Readable } from "node:stream";
import { type CallRequest, type CallScope, isTidegateError, TidegateError } from "@tidegate/core-registry";
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

function send(
  broker: ServiceBroker,
  scope: CallScope,
  action: string,
  { params, stream, metadata }: Outgoing,
  { nodeID, timeout, limit }: Sending,
): Promise<unknown> {
  const { branch, deadline, trace } = scope;
  const requestID = scope.context.view("id");
  const options: CallingOptions = {
    timeout,
    meta: { ...metadata, branch, ...(deadline !== undefined && { deadline }) },
    ...(nodeID !== undefined && { nodeID }),
    ...(typeof requestID === "string" && { requestID }),
    ...(stream !== undefined && { stream }),
  };
  const begin = trace === undefined ? 0 : performance.now();
  const answer: Promise<unknown> & { ctx?: Context } = broker.call(action, params, options);
  const context = answer.ctx;
  const told = (error?: unknown): void => {
    const code = error === undefined ? undefined : toTidegateError(error, action).code;
    const node = context?.nodeID;
    trace?.({
      at: "call",
      action,
      ms: performance.now() - begin,
      ...(typeof node === "string" && { node }),
      ...(code !== undefined && { error: code }),
    });
  };
  const received = answer.then(
    (value) => {
      if (trace !== undefined) told();
      return value instanceof Readable ? incoming(value, broker, context, limit) : value;
    },
    (error: unknown) => {
      if (trace !== undefined) told(error);
      throw error;
    },
  );
  return untilGone(scope, received, stream);
}

/** Waits no longer than the client does. What comes later is thrown away. */
function untilGone(
  scope: CallScope,
  answer: Promise<unknown>,
  upload: Readable | undefined,
): Promise<unknown> {
  const { signal } = scope;
  return new Promise((resolve, reject) => {
    const gone = (): void => {
      const error = endOf(scope, true);
      reject(error);
      upload?.destroy(error);
      answer.then(
        (value) => value instanceof Readable && value.destroy(),
        () => undefined,
      );
    };
    signal.addEventListener("abort", gone, { once: true });
    const settled = (): void => signal.removeEventListener("abort", gone);
    answer.finally(settled).then(resolve, reject);
  });
}

/** Milliseconds that a call may take. @throws where there are none, or nobody waits any more */
function timeLeft(scope: CallScope, timeout: number): number {
  if (scope.signal.aborted) throw endOf(scope, false);
  if (scope.deadline === undefined) return timeout;
  const left = scope.deadline - Date.now();
  if (left <= 0) throw endOf(scope, false);
  return Math.min(left, timeout);
}

function endOf({ signal, deadline }: CallScope, begun: boolean): TidegateError {
  const cause: unknown = signal.reason;
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
