import { type Context, Errors, type ServiceBroker } from "moleculer";
import { capabilitiesOf } from "./node-capabilities.ts";

/**
 * The event by which a caller cancels a request on another node, and the group that it is sent to. No service listens in
 * that group.
 */
export const cancelEvent = "$tidegate.cancel";

/** Version of the cancellation protocol. */
export const cancelProtocol = 1;

/** The requests that a broker's actions currently serve. */
export interface RunningRequests {
  /** Registers a request before its action runs. */
  add(context: Context): RunningRequest;
  /** The request that a context serves; undefined if no action of this node serves it. */
  of(context: Context | undefined): RunningRequest | undefined;
  /** Cancels a request of another node. Does nothing if that node has no such request here. */
  cancel(sender: unknown, id: unknown): void;
}

const requestsByBroker = new WeakMap<ServiceBroker, RunningRequests>();

/** Returns the requests that the actions of a broker currently serve. */
export function runningRequests(broker: ServiceBroker): RunningRequests {
  const known = requestsByBroker.get(broker);
  if (known !== undefined) return known;
  const created = createRunningRequests(broker);
  requestsByBroker.set(broker, created);
  return created;
}

/** Returns the deadline in a request's meta (S13.4), in milliseconds since the epoch. */
export function deadlineOf(context: Context): number | undefined {
  const { deadline } = context.meta as { deadline?: unknown };
  return typeof deadline === "number" && Number.isFinite(deadline) ? deadline : undefined;
}

/**
 * Cancels a call that its caller no longer waits for: directly if its action runs on this node, else by a packet to its
 * node, if that node supports the cancellation protocol.
 */
export function cancelCall(broker: ServiceBroker, context: Context): void {
  const { nodeID, id, endpoint } = context;
  if (endpoint?.local === true) runningRequests(broker).of(context)?.cancel(cancelled(context.action?.name));
  if (endpoint?.local === true || broker.transit === undefined || nodeID === null) return;
  if (capabilitiesOf(broker, nodeID).cancel !== cancelProtocol) return;
  const payload = {
    id: broker.generateUid(),
    event: cancelEvent,
    data: { id },
    groups: [cancelEvent],
    broadcast: false,
    meta: {},
    headers: {},
    level: 1,
    tracing: false,
    needAck: false,
  };
  broker.transit.publish({ type: "EVENT", target: nodeID, payload }).catch((error: unknown) => {
    broker.logger.debug(`The cancellation could not be sent to node ${nodeID}.`, error);
  });
}

function cancelled(action: string | undefined): Error {
  const message = "The caller no longer waits for the answer.";
  return new Errors.MoleculerError(message, 499, "REQUEST_CANCELLED", { action });
}

/**
 * The request that a context serves is a property of the context. A WeakMap of contexts would cost the garbage collector
 * more than the calls cost.
 */
const requestKey = Symbol("tidegate.request");

interface WithRequest {
  [requestKey]?: RunningRequest;
}

function createRunningRequests(broker: ServiceBroker): RunningRequests {
  /** Requests of other nodes, which these can cancel by a packet; by the node's id and the request's id. */
  const remote = new Map<string, RunningRequest>();
  const of = (context: (Context & WithRequest) | undefined): RunningRequest | undefined =>
    context?.[requestKey];
  return {
    add: (context: Context & WithRequest) => {
      const isLocal = context.nodeID === broker.nodeID || context.nodeID === null;
      const key = isLocal ? undefined : `${context.nodeID} ${context.id}`;
      const request = new RunningRequest(context, of(context.options.parentCtx), () => {
        if (key !== undefined && remote.get(key) === request) remote.delete(key);
      });
      context[requestKey] = request;
      if (key !== undefined) remote.set(key, request);
      return request;
    },
    of,
    cancel: (sender, id) => {
      if (typeof sender !== "string" || typeof id !== "string") return;
      remote.get(`${sender} ${id}`)?.cancel(cancelled(undefined));
    },
  };
}

/** A request that an action of this node serves. Created for every call, so signal and timer are created on demand. */
export class RunningRequest {
  readonly #context: Context;
  readonly #onFinish: () => void;
  readonly #startedAt = Date.now();
  readonly #stopFollowingParent: (() => void) | undefined;
  #listeners: Set<(reason: Error) => void> | undefined;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #cancelReason: Error | undefined;
  #finished = false;

  /** @param parent cancels this request when it is cancelled itself */
  constructor(context: Context, parent: RunningRequest | undefined, onFinish: () => void) {
    this.#context = context;
    this.#onFinish = onFinish;
    this.#stopFollowingParent = parent?.onCancel((reason) => this.cancel(reason));
  }

  /** Aborts when the request is cancelled, or when its deadline or its caller's timeout passes. */
  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#cancelReason !== undefined) this.#controller.abort(this.#cancelReason);
    else if (!this.#finished) this.#timer = this.#startTimer();
    return this.#controller.signal;
  }

  /** Calls the listener once on cancellation, at once if the request is cancelled already. Returns the unsubscriber. */
  onCancel(listener: (reason: Error) => void): () => void {
    if (this.#cancelReason !== undefined) listener(this.#cancelReason);
    else {
      this.#listeners ??= new Set();
      this.#listeners.add(listener);
    }
    return () => void this.#listeners?.delete(listener);
  }

  /** Cancels the request. Does nothing if it is cancelled or finished already. */
  cancel(reason: Error): void {
    if (this.#cancelReason !== undefined || this.#finished) return;
    this.#cancelReason = reason;
    clearTimeout(this.#timer);
    const listeners = [...(this.#listeners ?? [])];
    this.#listeners = undefined;
    for (const listener of listeners) listener(reason);
    this.#controller?.abort(reason);
  }

  /** Has to be called when the action has answered. */
  finish(): void {
    this.#finished = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#listeners = undefined;
    this.#stopFollowingParent?.();
    this.#onFinish();
  }

  #startTimer(): NodeJS.Timeout | undefined {
    const { options, action, nodeID } = this.#context;
    const ends = [deadlineOf(this.#context), options.timeout ? this.#startedAt + options.timeout : undefined];
    const left = Math.min(...ends.filter((end) => end !== undefined)) - Date.now();
    if (left === Number.POSITIVE_INFINITY) return undefined;
    const error = new Errors.RequestTimeoutError({ action: action?.name, nodeID });
    return setTimeout(() => this.cancel(error), Math.max(0, Math.min(left, 2 ** 31 - 1))).unref();
  }
}
