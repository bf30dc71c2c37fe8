import { type CallingOptions, type Context, Errors, type ServiceBroker } from "moleculer";
import { type ActionHandler, type MiddlewareFactory, middleware } from "../wire/middleware.ts";
import { announceCapabilities } from "../wire/node-capabilities.ts";
import {
  cancelCall,
  cancelEvent,
  cancelProtocol,
  deadlineOf,
  type RunningRequest,
  runningRequests,
} from "../wire/running-requests.ts";
import { objectOrEmpty } from "../wire/values.ts";

/**
 * Returns a middleware that passes deadlines and cancellation through services (S13.4).
 *
 * `meta.deadline` shortens the timeout of nested calls, and a call after the deadline is not made. `ctx.locals.signal` aborts
 * when the caller no longer waits for the answer: it went away, or the deadline or its timeout passed. The calls that the
 * action made with its context are cancelled with it, on this node and on others.
 */
export function cancellation(): MiddlewareFactory {
  return middleware("TidegateCancellation", (broker) => {
    const requests = runningRequests(broker);
    return {
      created: () => announceCapabilities(broker, { cancel: cancelProtocol }),
      call: (next) => (action, params, options) =>
        next(action, params, withDeadline(broker, action, options)),
      localAction: (next) => (context) => {
        if (isLate(context)) return skip(context);
        const parent = requests.of(context.options.parentCtx);
        const request = requests.add(context);
        context.locals = localsWithSignal(context, request);
        const run: ActionHandler = (served) => {
          const answer = next(served);
          const finish = (): void => request.finish();
          answer.then(finish, finish);
          return answer;
        };
        return parent === undefined ? run(context) : callFor(parent, broker, run, context);
      },
      remoteAction: (next) => (context) => {
        if (isLate(context)) return skip(context);
        const parent = requests.of(context.options.parentCtx);
        return parent === undefined ? next(context) : callFor(parent, broker, next, context);
      },
      transitMessageHandler: (next) => (command, packet) => {
        const { event, sender, data } = objectOrEmpty(packet?.payload);
        if (command !== "EVENT" || event !== cancelEvent) return next(command, packet);
        requests.cancel(sender, objectOrEmpty(data).id);
        return broker.Promise.resolve(true);
      },
    };
  });
}

/** `ctx.locals` whose `signal` is created when an action reads it. */
class SignalLocals {
  readonly #request: RunningRequest;
  [name: string]: unknown;

  constructor(request: RunningRequest) {
    this.#request = request;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }
}

function localsWithSignal(context: Context, request: RunningRequest): SignalLocals {
  const locals = new SignalLocals(request);
  for (const [name, value] of Object.entries(context.locals)) if (name !== "signal") locals[name] = value;
  return locals;
}

/** Makes a nested call, and cancels it when the request that it is made for is cancelled. */
function callFor(
  parent: RunningRequest,
  broker: ServiceBroker,
  next: ActionHandler,
  context: Context,
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

/** Returns options whose timeout ends no later than the deadline. */
function withDeadline(
  broker: ServiceBroker,
  action: unknown,
  options: CallingOptions | undefined,
): CallingOptions | undefined {
  const { deadline } = { ...options?.parentCtx?.meta, ...options?.meta } as { deadline?: unknown };
  if (typeof deadline !== "number" || !Number.isFinite(deadline)) return options;
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

function isLate(context: Context): boolean {
  const deadline = deadlineOf(context);
  return deadline !== undefined && deadline <= Date.now();
}

function skip(context: Context): Promise<never> {
  const { action, nodeID } = context;
  return Promise.reject(new Errors.RequestSkippedError({ action: action?.name, nodeID }));
}
