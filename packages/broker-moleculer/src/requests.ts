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
  const made = createRequests();
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

function createRequests(): RunningRequests {
  const byContext = new WeakMap<Context, RunningRequest>();
  const byCaller = new Map<string, RunningRequest>();
  return {
    begin: (context) => {
      const caller = `${context.nodeID} ${context.id}`;
      const { parentCtx } = context.options;
      const parent = parentCtx === undefined ? undefined : byContext.get(parentCtx);
      const request = createRequest(context, parent, () => {
        if (byCaller.get(caller) === request) byCaller.delete(caller);
      });
      byContext.set(context, request);
      byCaller.set(caller, request);
      return request;
    },
    of: (context) => (context === undefined ? undefined : byContext.get(context)),
    cancel: (sender, id) => {
      if (typeof sender !== "string" || typeof id !== "string") return;
      const request = byCaller.get(`${sender} ${id}`);
      request?.end(cancelled(undefined));
    },
  };
}

function createRequest(
  context: Context,
  parent: RunningRequest | undefined,
  done: () => void,
): RunningRequest {
  const listeners = new Set<(reason: Error) => void>();
  const begin = Date.now();
  let controller: AbortController | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended: Error | undefined;
  let answered = false;
  const request: RunningRequest = {
    get signal() {
      if (controller !== undefined) return controller.signal;
      controller = new AbortController();
      if (ended !== undefined) controller.abort(ended);
      else if (!answered) timer = endInTime(context, begin, request.end);
      return controller.signal;
    },
    onEnd: (listener) => {
      if (ended !== undefined) listener(ended);
      else listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    end: (reason) => {
      if (ended !== undefined || answered) return;
      ended = reason;
      clearTimeout(timer);
      const told = [...listeners];
      listeners.clear();
      for (const listener of told) listener(reason);
      controller?.abort(reason);
    },
    finish: () => {
      answered = true;
      clearTimeout(timer);
      listeners.clear();
      stopFollowing?.();
      done();
    },
  };
  const stopFollowing = parent?.onEnd(request.end);
  return request;
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
