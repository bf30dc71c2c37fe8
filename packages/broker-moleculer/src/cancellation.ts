import { type CallingOptions, type Context, Errors, type ServiceBroker } from "moleculer";
import { cancelCall, cancelContract, cancelEvent } from "./cancel.ts";
import { declareOnNode } from "./declare.ts";
import { type Handler, type MiddlewareFactory, middleware } from "./hooks.ts";
import { deadlineOf, type RunningRequest, requestsOf } from "./requests.ts";

/**
 * Carries deadlines and cancellation through services (S13.4). `meta.deadline` cuts the timeout of nested calls, and a
 * call that comes too late is not made. `ctx.locals.signal` fires when nobody waits for the answer any more: the caller
 * went away, the deadline passed, or the caller's timeout; calls that the action made with its context end with it, here
 * and on the nodes that they went to.
 */
export function cancellation(): MiddlewareFactory {
  return middleware("TidegateCancellation", (broker) => {
    const requests = requestsOf(broker);
    return {
      created: () => declareOnNode(broker, { cancel: cancelContract }),
      call: (next) => (action, params, options) => next(action, params, inTime(broker, action, options)),
      localAction: (next) => (context) => {
        if (isLate(context)) return tooLate(context);
        const parent = requests.of(context.options.parentCtx);
        const request = requests.begin(context);
        offerSignal(context, request);
        const run: Handler = (served) => finished(next, served, request);
        return parent === undefined ? run(context) : whileWaited(broker, run, context, parent);
      },
      remoteAction: (next) => (context) => {
        if (isLate(context)) return tooLate(context);
        const parent = requests.of(context.options.parentCtx);
        return parent === undefined ? next(context) : whileWaited(broker, next, context, parent);
      },
      transitMessageHandler: (next) => (command, packet) => {
        const { event, sender, data } = (packet?.payload ?? {}) as Record<string, unknown>;
        if (command !== "EVENT" || event !== cancelEvent) return next(command, packet);
        requests.cancel(sender, ((data ?? {}) as { id?: unknown }).id);
        return broker.Promise.resolve(true);
      },
    };
  });
}

function finished(next: Handler, context: Context, request: RunningRequest): Promise<unknown> {
  const finish = (): void => request.finish();
  const answer = next(context);
  answer.then(finish, finish);
  return answer;
}

/** `ctx.locals` whose `signal` is made when an action asks for it. */
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

function offerSignal(context: Context, request: RunningRequest): void {
  const locals = new SignalLocals(request);
  for (const [name, value] of Object.entries(context.locals)) if (name !== "signal") locals[name] = value;
  context.locals = locals;
}

/** Makes a nested call, and gives it up when nobody waits for what it is made for. */
function whileWaited(
  broker: ServiceBroker,
  next: Handler,
  context: Context,
  parent: RunningRequest,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let ended = false;
  let made = false;
  const stop = parent.onEnd((reason) => {
    ended = true;
    reject(reason);
    if (made) cancelCall(broker, context);
  });
  if (ended) return promise;
  made = true;
  next(context).then(resolve, reject).finally(stop);
  return promise;
}

/** Options whose timeout ends no later than the deadline. */
function inTime(
  broker: ServiceBroker,
  action: unknown,
  options: CallingOptions | undefined,
): CallingOptions | undefined {
  const { deadline } = { ...options?.parentCtx?.meta, ...options?.meta } as { deadline?: unknown };
  if (typeof deadline !== "number" || !Number.isFinite(deadline)) return options;
  const timeout = options?.timeout ?? (timeoutOf(broker, action) || Number.POSITIVE_INFINITY);
  const left = Math.max(1, deadline - Date.now());
  return left < timeout ? { ...options, timeout: left } : options;
}

/** What Moleculer would take: the action's own timeout, else the broker's. */
function timeoutOf(broker: ServiceBroker, action: unknown): number {
  const [first] =
    typeof action === "string" ? (broker.registry.getActionEndpoints(action)?.endpoints ?? []) : [];
  const { timeout } = (first !== undefined && "action" in first ? first.action : {}) as { timeout?: unknown };
  return typeof timeout === "number" ? timeout : (broker.options.requestTimeout ?? 0);
}

function isLate(context: Context): boolean {
  const deadline = deadlineOf(context);
  return deadline !== undefined && deadline <= Date.now();
}

function tooLate(context: Context): Promise<never> {
  const { action, nodeID } = context;
  return Promise.reject(new Errors.RequestSkippedError({ action: action?.name, nodeID }));
}
