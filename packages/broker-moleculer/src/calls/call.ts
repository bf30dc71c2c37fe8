import { Readable } from "node:stream";
import {
  type CallRequest,
  type CallScope,
  type ErrorDetails,
  isTidegateError,
  TidegateError,
  type Trace,
} from "@tidegate/core-registry";
import { masterBranch } from "@tidegate/core-registry/runtime";
import {
  actionOnBranch,
  type BranchNode,
  cancelCall,
  readNodeId,
  withTimeout,
} from "@tidegate/service-moleculer/wire";
import type { CallingOptions, Context, ServiceBroker } from "moleculer";
import type { Settings } from "../options.ts";
import { receiveAnswer } from "./answer.ts";
import { toTidegateError } from "./errors.ts";
import { containsFile, type PreparedParams, prepareParams, receiveStream } from "./files.ts";
import { metaOf } from "./meta.ts";
import { canRetry } from "./retries.ts";

/** Where one attempt of a call goes. */
interface Target {
  /** Moleculer's name of the action: `player~preview.get`. */
  readonly action: string;
  /** Moleculer's node id; undefined: Moleculer chooses a node. */
  readonly nodeID: string | undefined;
  /** The node's id as the core knows it: `laptop~preview`; undefined: Moleculer chooses a node. */
  readonly node: string | undefined;
}

/** A call on its way to a node. */
interface Attempt {
  readonly scope: CallScope;
  /** Without the branch; for messages and traces. */
  readonly action: string;
  readonly target: Target;
  readonly prepared: PreparedParams;
  /** In milliseconds; no longer than the request has time. */
  readonly timeout: number;
  /** Moleculer's context of the attempt, as soon as there is one. */
  context?: Context;
}

/** Calls actions through a Moleculer broker. */
export class ActionCaller {
  readonly #broker: ServiceBroker;
  readonly #settings: Settings;
  readonly #nodes: NodeSelector;
  #running = 0;
  #onIdle: (() => void) | undefined;

  constructor(broker: ServiceBroker, settings: Settings) {
    this.#broker = broker;
    this.#settings = settings;
    this.#nodes = new NodeSelector(broker);
  }

  /**
   * Calls an action on one of the nodes that the request allows. Calls another node if the first one did not
   * start the action (S9.7), or is gone and the action is idempotent (S13.1).
   * @throws {TidegateError}
   */
  async call(scope: CallScope, request: CallRequest): Promise<unknown> {
    this.#running++;
    try {
      const { action, params, stream } = request;
      const own = containsFile(params) ? await prepareParams(params, this.#settings.own) : { params };
      const prepared = stream === undefined ? own : { ...own, stream };
      const excluded: string[] = [];
      let failure: TidegateError | undefined;
      for (;;) {
        const timeout = this.#timeLeft(scope, request, prepared.stream !== undefined);
        const target = this.#nodes.select(scope.branch, request, excluded);
        if (target === undefined) throw failure ?? noNode(action);
        const attempt: Attempt = { scope, action, target, prepared, timeout };
        try {
          return await this.#send(attempt);
        } catch (error) {
          failure = isTidegateError(error) ? error : toTidegateError(error, target.action, action);
          const node = target.node ?? nodeOf(error);
          const isFinal = node === undefined || prepared.stream !== undefined;
          if (isFinal || !canRetry(failure, attempt.context)) throw failure;
          excluded.push(node);
        }
      }
    } finally {
      this.#running--;
      if (this.#running === 0) this.#onIdle?.();
    }
  }

  /** Resolves when no call is running, or after `ms` milliseconds. */
  async idle(ms: number): Promise<void> {
    if (this.#running === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    await withTimeout(promise, ms);
  }

  /**
   * Milliseconds that a call can take.
   * @throws if the deadline has passed
   */
  #timeLeft({ deadline }: CallScope, { action, timeout, batch }: CallRequest, hasStream: boolean): number {
    const { own, requestTimeout } = this.#settings;
    const byKind = hasStream ? own.streamingCallTimeout : requestTimeout;
    const limit = timeout ?? (hasStream || batch === undefined ? byKind : own.batchedCallTimeout(batch));
    if (deadline === undefined) return limit;
    const left = deadline - Date.now();
    if (left <= 0) throw endError(deadline, action, undefined, false);
    return Math.min(left, limit);
  }

  /**
   * Calls once. Rejects as soon as the scope ends, cancels the call, and discards what the action answers
   * later. Calls nothing if the scope has ended before.
   */
  #send(attempt: Attempt): Promise<unknown> {
    const { scope, action, target, prepared } = attempt;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    let answer: (Promise<unknown> & { ctx?: Context }) | undefined;
    let isOver = false;
    const stopListening = scope.onEnd((reason) => {
      isOver = true;
      const error = endError(scope.deadline, action, reason, answer !== undefined);
      reject(error);
      prepared.stream?.destroy(error);
      if (attempt.context !== undefined) cancelCall(this.#broker, attempt.context);
      answer?.then(
        (value) => value instanceof Readable && value.destroy(),
        () => undefined,
      );
    });
    if (isOver) return promise;
    const startedAt = scope.trace === undefined ? 0 : performance.now();
    answer = this.#broker.call(target.action, prepared.params, callingOptions(attempt));
    const context = answer.ctx;
    if (context !== undefined) attempt.context = context;
    answer.then(
      (value) => {
        stopListening();
        if (scope.trace !== undefined) traceCall(scope.trace, attempt, startedAt, context);
        const limit = this.#settings.own.maxBufferedBytes;
        try {
          resolve(
            value instanceof Readable
              ? receiveStream(value, this.#broker, context, limit)
              : receiveAnswer(value, this.#broker, context),
          );
        } catch (error) {
          reject(error);
        }
      },
      (error: unknown) => {
        stopListening();
        if (scope.trace !== undefined) traceCall(scope.trace, attempt, startedAt, context, error);
        if (context !== undefined && isTimeout(error)) cancelCall(this.#broker, context);
        reject(error);
      },
    );
    return promise;
  }
}

/**
 * Selects the nodes of calls (S9.7, S13.1). If a request names nodes, calls go to these in turn, since
 * Moleculer balances over all nodes or none, and never to a node of another branch. If it names none, they go
 * to the service on the branch, else to the plain service.
 */
class NodeSelector {
  readonly #broker: ServiceBroker;
  readonly #nodes = new WeakMap<readonly string[], readonly BranchNode[]>();
  #turn = 0;

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
  }

  /**
   * Selects the node of the next attempt; undefined if no node is left.
   * @param excluded nodes that were tried before
   */
  select(
    branch: string,
    { action, nodes: ids }: CallRequest,
    excluded: readonly string[],
  ): Target | undefined {
    if (ids === undefined) {
      const name =
        branch === masterBranch ? action : (actionOnBranch(this.#broker, action, branch) ?? action);
      const isFirst = excluded.length === 0;
      return isFirst
        ? { action: name, nodeID: undefined, node: undefined }
        : this.#selectOther(name, excluded);
    }
    let nodes = this.#nodes.get(ids);
    if (nodes === undefined) {
      nodes = ids.map((id) => readNodeId(this.#broker, id));
      this.#nodes.set(ids, nodes);
    }
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    for (let index = 0; index < nodes.length; index++) {
      const node = nodes[(this.#turn + index) % nodes.length];
      if (node === undefined || excluded.includes(node.id)) continue;
      const name = this.#actionOnNode(action, branch, node);
      if (name !== undefined) return { action: name, nodeID: node.nodeID, node: node.id };
    }
    return undefined;
  }

  /** Selects a node that was not tried before from all that provide the action. */
  #selectOther(name: string, excluded: readonly string[]): Target | undefined {
    const endpoints = this.#broker.registry.getActionEndpoints(name)?.endpoints ?? [];
    const free = endpoints.filter(({ id, isAvailable }) => isAvailable && !excluded.includes(id));
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    const id = free[this.#turn % free.length]?.id;
    return id === undefined ? undefined : { action: name, nodeID: id, node: id };
  }

  /** Moleculer's name of an action on a node; undefined if the node does not provide it for the branch. */
  #actionOnNode(action: string, branch: string, node: BranchNode): string | undefined {
    if (node.branch !== undefined)
      return node.branch === branch ? actionOnBranch(this.#broker, action, branch, node.nodeID) : undefined;
    const endpoint = this.#broker.registry.getActionEndpointByNodeId(action, node.nodeID);
    return endpoint?.isAvailable === true ? action : undefined;
  }
}

function callingOptions({ scope, target, prepared, timeout }: Attempt): CallingOptions {
  const meta = metaOf(scope);
  meta.deadline = Date.now() + timeout;
  if (prepared.metadata !== undefined) Object.assign(meta, prepared.metadata);
  const options: CallingOptions = { timeout, meta, requestID: scope.correlation.requestId };
  if (target.nodeID !== undefined) options.nodeID = target.nodeID;
  if (prepared.stream !== undefined) options.stream = prepared.stream;
  return options;
}

function traceCall(
  trace: Trace,
  { action, target }: Attempt,
  startedAt: number,
  context: Context | undefined,
  error?: unknown,
): void {
  const node = target.node ?? context?.nodeID;
  trace({
    at: "call",
    action,
    ms: performance.now() - startedAt,
    ...(typeof node === "string" && { node }),
    ...(error !== undefined && { error: toTidegateError(error, target.action, action).code }),
  });
}

function noNode(action: string): TidegateError {
  const message = `None of the allowed nodes provides ${action}.`;
  return new TidegateError("ACTION_UNAVAILABLE", message, { action, dispatched: false });
}

/**
 * The error of a call whose scope has ended.
 * @param reason why the scope ended
 */
function endError(
  deadline: number | undefined,
  action: string,
  reason: unknown,
  dispatched: boolean,
): TidegateError {
  const details: ErrorDetails = { action, dispatched, cause: reason };
  const isLate = deadline !== undefined && Date.now() >= deadline;
  if (isLate || (isTidegateError(reason) && reason.code === "CALL_TIMEOUT"))
    return new TidegateError("CALL_TIMEOUT", "The request's deadline has passed.", details);
  return new TidegateError("CANCELLED", undefined, details);
}

/** The node that an error of Moleculer names. */
function nodeOf(error: unknown): string | undefined {
  const { data } = (error ?? {}) as { data?: { nodeID?: unknown } | null };
  return typeof data?.nodeID === "string" ? data.nodeID : undefined;
}

function isTimeout(error: unknown): boolean {
  return (error as { type?: unknown } | null | undefined)?.type === "REQUEST_TIMEOUT";
}
