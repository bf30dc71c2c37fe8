import type { Trace } from "../../contracts/call-scope.ts";
import { type Clock, systemClock } from "../../contracts/clock.ts";
import type { DirectorySnapshot } from "../../contracts/directory.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { EventSource } from "../../contracts/events.ts";
import type { HttpRequest } from "../../contracts/request.ts";
import type { Scope, ScopeChange, ServiceRules } from "../../contracts/scope.ts";
import { type ContextFactories, type ContextSource, RequestContext } from "./context.ts";
import { createCorrelation, type ForkableCorrelation } from "./correlation.ts";

/** The values of a new scope. The scope keeps the object: do not change or share it. */
export interface ScopeInput {
  /** The branch that the request addresses. */
  readonly branch: string;
  /** The id of the version that serves the request, 32 hex digits. */
  readonly version: string;
  /** The path prefix of the request. */
  readonly base: string;
  /** The services and actions that the branch can reach. */
  readonly directory: DirectorySnapshot;
  /** The rules of the version's services. Default: none. */
  readonly rules?: ServiceRules;
  /** The events for subscriptions. Default: a source without events. */
  readonly events?: EventSource;
  readonly request: HttpRequest;
  readonly factories: ContextFactories;
  /** Default: read from the headers of the request. */
  readonly correlation?: ForkableCorrelation;
  /**
   * The time at which the gateway stops waiting for the answer: milliseconds since the epoch. Default: none.
   */
  readonly deadline?: number;
  /** Receives the steps of the request. Default: the request is not traced. */
  readonly trace?: Trace;
  readonly clock?: Clock;
  /** Logs a failure of the request. Default: it is not logged. */
  logFailure?(error: unknown, requestId: string, place: string | undefined): void;
  /**
   * Calls the listener once when the client disconnects; immediately where it has disconnected. The scope
   * calls this at most once, when its end is first observed.
   * @returns a function that removes the listener; undefined where it needs not be removed
   */
  onGone?(listener: () => void): (() => void) | undefined;
}

const noEvents: EventSource = { subscribe: () => noEvent() };

async function* noEvent(): AsyncIterableIterator<never> {}

const noRules: ServiceRules = { ownerRules: () => undefined };

/** Creates the scope of one request. Signal, context and memo are created when they are first used. */
export function createScope(input: ScopeInput): Scope {
  return new RequestScope(input, undefined, {});
}

class RequestScope implements Scope {
  readonly branch: string;
  readonly base: string;
  readonly version: string;
  readonly directory: DirectorySnapshot;
  readonly rules: ServiceRules;
  readonly events: EventSource;
  readonly deadline: number | undefined;
  readonly trace: Trace | undefined;
  readonly #input: ScopeInput;
  readonly #parent: RequestScope | undefined;
  readonly #change: ScopeChange;
  #correlation: ForkableCorrelation | undefined;
  #context: RequestContext | undefined;
  #signal: AbortSignal | undefined;
  #memo: Map<object, unknown> | undefined;
  /**
   * Listeners of the cancellation: the client disconnected, the deadline passed, or the change's signal
   * aborted.
   */
  #listeners: Set<(reason: unknown) => void> | undefined;
  #cancelled: { readonly reason: unknown } | undefined;
  /** Removes the sources of a cancellation. Undefined until the first listener is added. */
  #unwatch: (() => void)[] | undefined;
  #isEnded: boolean;

  /** @param change the differences from the parent; empty without a parent */
  constructor(input: ScopeInput, parent: RequestScope | undefined, change: ScopeChange) {
    this.branch = input.branch;
    this.base = input.base;
    this.version = change.version ?? (parent ?? input).version;
    this.directory = change.directory ?? (parent ?? input).directory;
    this.rules = change.rules ?? (parent ?? input).rules ?? noRules;
    this.events = input.events ?? noEvents;
    this.deadline = (parent === undefined ? input : change).deadline;
    this.trace = input.trace;
    this.#input = input;
    this.#parent = parent;
    this.#change = change;
    this.#isEnded = false;
  }

  get correlation(): ForkableCorrelation {
    this.#correlation ??=
      this.#parent?.correlation.fork() ?? this.#input.correlation ?? createCorrelation(this.#input.request);
    return this.#correlation;
  }

  get context(): RequestContext {
    if (this.#context !== undefined) return this.#context;
    const source: ContextSource = {
      request: this.#input.request,
      correlation: this.correlation,
      call: (action, params) => callWithoutPolicies(this, action, params),
      onEnd: (listener) => this.onEnd(listener),
    };
    this.#context = new RequestContext(this.#input.factories, source, this.#parent?.context);
    if (this.#isEnded) this.#context.dispose();
    return this.#context;
  }

  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal;
    const controller = new AbortController();
    this.#signal = controller.signal;
    this.onEnd((reason) => controller.abort(reason));
    return this.#signal;
  }

  onEnd(listener: (reason: unknown) => void): () => void {
    if (this.#unwatch === undefined && !this.#isEnded) this.#watch();
    if (this.#cancelled !== undefined) {
      listener(this.#cancelled.reason);
      return () => undefined;
    }
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => void this.#listeners?.delete(listener);
  }

  memo<Value>(key: object, make: () => Value): Value {
    this.#memo ??= new Map();
    if (this.#memo.has(key)) return this.#memo.get(key) as Value;
    const value = make();
    this.#memo.set(key, value);
    return value;
  }

  logFailure(error: unknown, place?: string): void {
    this.#input.logFailure?.(error, this.correlation.requestId, place);
  }

  fork(change: ScopeChange): Scope {
    return new RequestScope(this.#input, this, change);
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const unwatch of this.#unwatch ?? []) unwatch();
    this.#listeners = undefined;
    this.#context?.dispose();
  }

  /**
   * Observes everything that cancels the request: the parent, the change's signal, the client and the
   * deadline.
   */
  #watch(): void {
    const unwatch: (() => void)[] = [];
    this.#unwatch = unwatch;
    const { signal } = this.#change;
    if (this.#parent !== undefined) unwatch.push(this.#parent.onEnd((reason) => this.#cancel(reason)));
    else {
      const stop = this.#input.onGone?.(() => this.#cancel(new TidegateError("CANCELLED")));
      if (stop !== undefined) unwatch.push(stop);
    }
    if (signal !== undefined) unwatch.push(onAbort(signal, (reason) => this.#cancel(reason)));
    if (this.deadline !== undefined && !this.#isEnded) unwatch.push(this.#watchDeadline(this.deadline));
  }

  #watchDeadline(deadline: number): () => void {
    const clock = this.#input.clock ?? systemClock;
    const cancel = (): void => this.#cancel(new TidegateError("CALL_TIMEOUT"));
    const left = deadline - clock.now();
    if (left > 0) return clock.after(left, cancel);
    cancel();
    return () => undefined;
  }

  #cancel(reason: unknown): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = { reason };
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener(reason);
  }
}

function onAbort(signal: AbortSignal, listener: (reason: unknown) => void): () => void {
  const abort = (): void => listener(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return () => signal.removeEventListener("abort", abort);
}

/**
 * Calls an action of the scope's directory without policies: for context factories, which are the gateway's
 * own code.
 * @throws {TidegateError} `ACTION_UNAVAILABLE` where no service provides the action
 */
export async function callWithoutPolicies(scope: Scope, action: string, params: unknown): Promise<unknown> {
  const entry = scope.directory.action(action);
  if (entry?.state !== "up")
    throw new TidegateError("ACTION_UNAVAILABLE", `No service provides the action '${action}'.`, {
      action,
      dispatched: false,
    });
  return entry.broker.call(scope, {
    action,
    params,
    ...(entry.nodes === undefined ? {} : { nodes: entry.nodes }),
  });
}
