import { type Context, Errors, type ServiceBroker } from "moleculer";

/** A request that an action of this node serves. */
export interface RunningRequest {
  /** Fires when nobody waits for the answer any more. Made when first asked for. */
  readonly signal: AbortSignal;
  /** Calls back once when nobody waits any more; at once where that is so. Returns what ends it. */
  onEnd(listener: (reason: Error) => void): () => void;
  /** Nobody waits any more. */
  end(reason: Error): void;
  /** It was answered. */
  finish(): void;
}

/** The requests that a broker's actions serve. */
export interface RunningRequests {
  /** Takes note of one, before its action runs. */
  begin(context: Context): RunningRequest;
  /** The request of a context; undefined where it is none of this node's. */
  of(context: Context | undefined): RunningRequest | undefined;
  /** The caller of a request, a node, waits no more. Nothing where there is no such request. */
  cancel(sender: unknown, id: unknown): void;
}

const all = new WeakMap<ServiceBroker, RunningRequests>();

/** The requests that a broker's actions serve now. */
export function requestsOf(broker: ServiceBroker): RunningRequests {
  const known = all.get(broker);
  if (known !== undefined) return known;
  const made = createRequests(broker);
  all.set(broker, made);
  return made;
}

/** When the answer to a request is of no use any more, in milliseconds since the epoch: what its meta say (S13.4). */
export function deadlineOf(context: Context): number | undefined {
  const { deadline } = context.meta as { deadline?: unknown };
  return typeof deadline === "number" && Number.isFinite(deadline) ? deadline : undefined;
}

/** The error of a call whose caller went away. */
export function cancelled(action: string | undefined): Error {
  return new Errors.MoleculerError("Nobody waits for the answer any more.", 499, "REQUEST_CANCELLED", {
    action,
  });
}

/** The request that a context serves lies on the context: a table of contexts would cost the garbage collector more than the calls. */
const served = Symbol("tidegate.request");

interface Serving {
  [served]?: RunningRequest;
}

function createRequests(broker: ServiceBroker): RunningRequests {
  /** Those of other nodes, which may say by a packet that they wait no more. */
  const byCaller = new Map<string, RunningRequest>();
  const of = (context: (Context & Serving) | undefined): RunningRequest | undefined => context?.[served];
  return {
    begin: (context: Context & Serving) => {
      const parent = of(context.options.parentCtx);
      const caller =
        context.nodeID === broker.nodeID || context.nodeID === null
          ? undefined
          : `${context.nodeID} ${context.id}`;
      const request = new Request(context, parent, () => {
        if (caller !== undefined && byCaller.get(caller) === request) byCaller.delete(caller);
      });
      context[served] = request;
      if (caller !== undefined) byCaller.set(caller, request);
      return request;
    },
    of,
    cancel: (sender, id) => {
      if (typeof sender !== "string" || typeof id !== "string") return;
      byCaller.get(`${sender} ${id}`)?.end(cancelled(undefined));
    },
  };
}

/** Made for every call: what only some need is made when they ask for it. */
class Request implements RunningRequest {
  readonly #context: Context;
  readonly #done: () => void;
  readonly #begin = Date.now();
  readonly #stopFollowing: (() => void) | undefined;
  #listeners: Set<(reason: Error) => void> | undefined;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended: Error | undefined;
  #answered = false;

  constructor(context: Context, parent: RunningRequest | undefined, done: () => void) {
    this.#context = context;
    this.#done = done;
    this.#stopFollowing = parent?.onEnd((reason) => this.end(reason));
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#ended !== undefined) this.#controller.abort(this.#ended);
    else if (!this.#answered)
      this.#timer = endInTime(this.#context, this.#begin, (reason) => this.end(reason));
    return this.#controller.signal;
  }

  onEnd(listener: (reason: Error) => void): () => void {
    if (this.#ended !== undefined) listener(this.#ended);
    else {
      this.#listeners ??= new Set();
      this.#listeners.add(listener);
    }
    return () => void this.#listeners?.delete(listener);
  }

  end(reason: Error): void {
    if (this.#ended !== undefined || this.#answered) return;
    this.#ended = reason;
    clearTimeout(this.#timer);
    const told = [...(this.#listeners ?? [])];
    this.#listeners = undefined;
    for (const listener of told) listener(reason);
    this.#controller?.abort(reason);
  }

  finish(): void {
    this.#answered = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#listeners = undefined;
    this.#stopFollowing?.();
    this.#done();
  }
}

/** Ends a request at its deadline, or when its caller stops waiting by itself. */
function endInTime(
  context: Context,
  begin: number,
  end: (reason: Error) => void,
): NodeJS.Timeout | undefined {
  const timeout = context.options.timeout;
  const ends = [deadlineOf(context), timeout ? begin + timeout : undefined].filter((at) => at !== undefined);
  if (ends.length === 0) return undefined;
  const left = Math.min(...ends) - Date.now();
  const late = new Errors.RequestTimeoutError({ action: context.action?.name, nodeID: context.nodeID });
  return setTimeout(() => end(late), Math.max(0, Math.min(left, 2 ** 31 - 1))).unref();
}
