import { type CallingOptions, type Context, Errors, type ServiceBroker, type Transit } from "moleculer";
import { cancelledError } from "./errors.ts";
import { capabilitiesOf } from "./metadata.ts";

/**
 * The event by which a caller cancels a request on another node, and the group that it is sent to. No service
 * listens in that group.
 */
export const cancelEvent = "$tidegate.cancel";

/** The version of the cancellation protocol that a node announces in its metadata. */
export const cancelProtocol = 1;

/**
 * The running requests of other nodes, by the id of the node and the id of the request. These nodes can
 * cancel them by a packet.
 */
export type RemoteRequests = Map<string, RunningRequest>;

/**
 * Returns the deadline of a call that this node makes (S13.4): the one in its own meta, or the end of the
 * request that it is made for, whichever is first. In milliseconds since the epoch by this node's clock;
 * infinity if there is none.
 */
export function callDeadline(options: CallingOptions | undefined): number {
  const { meta, parentCtx } = options ?? {};
  return Math.min(deadlineIn(meta), parentCtx === undefined ? noDeadline : deadlineWithin(parentCtx));
}

/**
 * Returns until when the caller of a request waits, by this node's clock. A request of another node counts by
 * its timeout instead of the deadline in its meta, because the clocks of two nodes differ.
 */
export function deadlineOf(context: Context): number {
  if (!isOfOtherNode(context)) return callDeadline(context.options);
  return context.options.timeout ? noDeadline : deadlineIn(context.meta);
}

const noDeadline = Number.POSITIVE_INFINITY;

/** The handler of an event has the meta of the request that sent it, but runs independently of it. */
function deadlineWithin(parent: NonNullable<CallingOptions["parentCtx"]>): number {
  const request = requestOf(parent);
  if (request !== undefined) return request.deadline;
  return parent.eventName === null ? deadlineIn(parent.meta) : noDeadline;
}

function deadlineIn(meta: object | undefined): number {
  const { deadline } = (meta ?? {}) as { deadline?: unknown };
  return typeof deadline === "number" && Number.isFinite(deadline) ? deadline : noDeadline;
}

function isOfOtherNode({ nodeID, broker }: Context): boolean {
  return nodeID !== null && nodeID !== broker.nodeID;
}

/**
 * The request that a context serves is a property of the context. A WeakMap of contexts would cost the
 * garbage collector more than the calls cost.
 */
const requestKey: unique symbol = Symbol("tidegate.request");

interface WithRequest {
  [requestKey]?: RunningRequest;
}

/** Returns the request that a context serves; undefined if no action of this node serves it. */
export function requestOf(context: Context & WithRequest): RunningRequest | undefined {
  return context[requestKey];
}

/** Cancels a request of another node. Does nothing if that node has no such request here. */
export function cancelRemoteRequest(requests: RemoteRequests, sender: unknown, id: unknown): void {
  if (typeof sender === "string" && typeof id === "string")
    requests.get(`${sender} ${id}`)?.cancel(cancelled(undefined));
}

/**
 * Cancels a call that its caller no longer waits for: directly if its action runs on this node, else by a
 * packet to its node, if that node supports the cancellation protocol.
 */
export function cancelCall(broker: ServiceBroker, context: Context): void {
  const { nodeID, id, endpoint } = context;
  if (endpoint?.local === true) requestOf(context)?.cancel(cancelled(context.action?.name));
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

/** Ends a call of this node that could not be sent: it rejects with the cause, and Moleculer forgets it. */
export function failCall(transit: Transit | undefined, id: unknown, cause: unknown): void {
  if (transit === undefined || typeof id !== "string") return;
  transit.pendingRequests.get(id)?.reject(cause instanceof Error ? cause : new Error(String(cause)));
  transit.removePendingRequest(id);
}

function cancelled(action: string | undefined): Error {
  return cancelledError("The caller no longer waits for the answer.", { action });
}

/**
 * A request that an action of this node serves. Created for every call, so signal and timer are created on
 * demand.
 */
export class RunningRequest {
  readonly #context: Context;
  readonly #startedAt = Date.now();
  readonly #remoteRequests: RemoteRequests;
  /** The key among the remote requests; undefined if a caller on this node made the request. */
  readonly #key: string | undefined;
  readonly #stopFollowingParent: (() => void) | undefined;
  #listeners: Set<(reason: Error) => void> | undefined;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #cancelReason: Error | undefined;
  #finished = false;

  /** @param parent cancels this request when it is cancelled itself */
  constructor(context: Context & WithRequest, parent: RunningRequest | undefined, remote: RemoteRequests) {
    const { nodeID, id } = context;
    this.#context = context;
    this.#remoteRequests = remote;
    this.#key = isOfOtherNode(context) ? `${nodeID} ${id}` : undefined;
    this.#stopFollowingParent = parent?.onCancel((reason) => this.cancel(reason));
    context[requestKey] = this;
    if (this.#key !== undefined) remote.set(this.#key, this);
  }

  /** Runs the action. The request is finished when the action has answered. */
  run(action: (context: Context) => Promise<unknown>): Promise<unknown> {
    const answer = action(this.#context);
    answer.then(this.#finish, this.#finish);
    return answer;
  }

  /** When the caller stops waiting, in milliseconds since the epoch by this node's clock. */
  get deadline(): number {
    const { timeout } = this.#context.options;
    return Math.min(deadlineOf(this.#context), timeout ? this.#startedAt + timeout : noDeadline);
  }

  /** Aborts when the request is cancelled, or when its deadline or its caller's timeout passes. */
  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#cancelReason !== undefined) this.#controller.abort(this.#cancelReason);
    else if (!this.#finished) this.#timer = this.#startTimer();
    return this.#controller.signal;
  }

  /**
   * Calls the listener once on cancellation, at once if the request is cancelled already. Returns the
   * unsubscriber.
   */
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

  readonly #finish = (): void => {
    this.#finished = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#listeners = undefined;
    this.#stopFollowingParent?.();
    if (this.#key !== undefined && this.#remoteRequests.get(this.#key) === this)
      this.#remoteRequests.delete(this.#key);
  };

  #startTimer(): NodeJS.Timeout | undefined {
    const { action, nodeID } = this.#context;
    const left = this.deadline - Date.now();
    if (left === noDeadline) return undefined;
    const error = new Errors.RequestTimeoutError({ action: action?.name, nodeID });
    return setTimeout(() => this.cancel(error), Math.max(0, Math.min(left, 2 ** 31 - 1))).unref();
  }
}
