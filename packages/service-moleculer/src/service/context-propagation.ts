import { type CallingOptions, type Context, Errors, type ServiceBroker } from "moleculer";
import { announceCapabilities } from "../wire/metadata.ts";
import { type ActionHandler, type MiddlewareFactory, middleware } from "../wire/middleware.ts";
import { actionOnBranch, branchSeparator } from "../wire/names.ts";
import {
  callDeadline,
  cancelCall,
  cancelEvent,
  cancelProtocol,
  cancelRemoteRequest,
  deadlineOf,
  type RemoteRequests,
  RunningRequest,
  requestOf,
} from "../wire/running-requests.ts";
import { masterBranch, objectOrEmpty } from "../wire/values.ts";

/**
 * Returns a middleware that makes nested calls follow the request that they are made for.
 *
 * - Branch (S9.7): with `preview` in `meta.branch`, a call of `player.get` goes to `player~preview.get` if a
 *   node provides it, else to the plain service, and never to another branch. An action whose name contains a
 *   branch is called as it is.
 * - Deadline (S13.4): `meta.deadline` shortens the timeout of nested calls. A call after the deadline is not
 *   made. In a request of another node, its timeout counts instead, because clocks differ.
 * - Cancellation (S13.4): `ctx.locals.signal` aborts when the caller no longer waits for the answer: it went
 *   away, or the deadline or its timeout passed. The calls that the action made with its context are
 *   cancelled with it, on this node and on others.
 */
export function contextPropagation(): MiddlewareFactory {
  return middleware("TidegateContextPropagation", (broker) => {
    const remoteRequests: RemoteRequests = new Map();
    return {
      created: () => announceCapabilities(broker, { cancel: cancelProtocol }),
      call: (next) => (action, params, options) => {
        const branch = branchOf(options);
        const isMaster = branch === undefined || branch === masterBranch;
        const name = isMaster ? action : onBranch(broker, action, branch, options);
        return next(name, params, withDeadline(broker, name, options));
      },
      mcall: (next) => (calls, options) => next(withContext(calls, options?.parentCtx), options),
      localAction: (next) => (context) => {
        if (deadlineOf(context) <= Date.now()) return skip(context);
        const { parentCtx } = context.options;
        const parent = parentCtx === undefined ? undefined : requestOf(parentCtx);
        const request = new RunningRequest(context, parent, remoteRequests);
        context.locals = new SignalLocals(request, context.locals);
        return parent === undefined
          ? request.run(next)
          : callFor(parent, broker, context, () => request.run(next));
      },
      remoteAction: (next) => (context) => {
        if (callDeadline(context.options) <= Date.now()) return skip(context);
        const { parentCtx } = context.options;
        const parent = parentCtx === undefined ? undefined : requestOf(parentCtx);
        return parent === undefined ? next(context) : callFor(parent, broker, context, next);
      },
      transitMessageHandler: (next) => (command, packet) => {
        const { event, sender, data } = objectOrEmpty(packet?.payload);
        if (command !== "EVENT" || event !== cancelEvent) return next(command, packet);
        cancelRemoteRequest(remoteRequests, sender, objectOrEmpty(data).id);
        return broker.Promise.resolve(true);
      },
    };
  });
}

/** The branch in the meta of a call: from its options, else from the context in which it is made. */
function branchOf(options: CallingOptions | undefined): unknown {
  const inherited = options?.parentCtx?.meta as Record<string, unknown> | undefined;
  return options?.meta?.branch ?? inherited?.branch;
}

function onBranch(
  broker: ServiceBroker,
  action: unknown,
  branch: unknown,
  options: CallingOptions | undefined,
): unknown {
  if (typeof action !== "string" || action.includes(branchSeparator) || action.startsWith("$")) return action;
  if (typeof branch !== "string") return action;
  return actionOnBranch(broker, action, branch, options?.nodeID) ?? action;
}

/** Returns options whose timeout ends no later than the deadline. */
function withDeadline(
  broker: ServiceBroker,
  action: unknown,
  options: CallingOptions | undefined,
): CallingOptions | undefined {
  const deadline = callDeadline(options);
  if (deadline === Number.POSITIVE_INFINITY) return options;
  const timeout = options?.timeout ?? (defaultTimeout(broker, action) || Number.POSITIVE_INFINITY);
  const left = Math.max(1, deadline - Date.now());
  return left < timeout ? { ...options, timeout: left } : options;
}

/** The timeout that Moleculer would use: the action's own, else the broker's. */
function defaultTimeout(broker: ServiceBroker, action: unknown): number {
  const [first] =
    typeof action === "string" ? (broker.registry.getActionEndpoints(action)?.endpoints ?? []) : [];
  const { timeout } = (first !== undefined && "action" in first ? first.action : {}) as { timeout?: unknown };
  return typeof timeout === "number" ? timeout : (broker.options.requestTimeout ?? 0);
}

/** Adds the context to the calls of `mcall` that have options of their own: Moleculer drops it for these. */
function withContext(calls: unknown, parentCtx: CallingOptions["parentCtx"]): unknown {
  if (parentCtx === undefined || typeof calls !== "object" || calls === null) return calls;
  const addContext = (call: unknown): unknown => {
    const { options } = (call ?? {}) as { options?: unknown };
    if (typeof options !== "object" || options === null) return call;
    return { ...(call as object), options: { parentCtx, ...options } };
  };
  if (Array.isArray(calls)) return calls.map(addContext);
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, addContext(call)]));
}

/**
 * `ctx.locals` whose `signal` is created when an action reads it. A class, because defining a property with a
 * getter for each request takes 20 times as long.
 */
class SignalLocals {
  readonly #request: RunningRequest;
  [name: string]: unknown;

  constructor(request: RunningRequest, locals: Readonly<Record<string, unknown>>) {
    this.#request = request;
    for (const name in locals) if (name !== "signal") this[name] = locals[name];
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }
}

/** Makes a nested call, and cancels it when the request that it is made for is cancelled. */
function callFor(
  parent: RunningRequest,
  broker: ServiceBroker,
  context: Context,
  next: ActionHandler,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let isCancelled = false;
  let isMade = false;
  const stopListening = parent.onCancel((reason) => {
    isCancelled = true;
    reject(reason);
    if (isMade) cancelCall(broker, context);
  });
  if (isCancelled) return promise;
  isMade = true;
  next(context).then(resolve, reject).finally(stopListening);
  return promise;
}

function skip(context: Context): Promise<never> {
  const { action, nodeID } = context;
  return Promise.reject(new Errors.RequestSkippedError({ action: action?.name, nodeID }));
}
