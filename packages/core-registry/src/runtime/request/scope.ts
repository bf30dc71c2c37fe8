import type { Trace } from "../../contracts/call-scope.ts";
import { type Clock, systemClock } from "../../contracts/clock.ts";
import type { DirectorySnapshot } from "../../contracts/directory.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { EventSource } from "../../contracts/events.ts";
import type { HttpRequest } from "../../contracts/request.ts";
import type { Scope, ScopeChange, ServiceRules } from "../../contracts/scope.ts";
import { type ContextFactories, type ContextSource, createContext, type ForkableContext } from "./context.ts";

/** What a scope is made from. The object is kept: give each scope its own, and do not change it. */
export interface ScopeInput {
  /** The branch that the request came in on. */
  readonly branch: string;
  /** The version that serves it, 32 hex digits. */
  readonly version: string;
  /** The gateway's path prefix of this request. */
  readonly base: string;
  /** Which actions and services there are, seen from the branch. */
  readonly directory: DirectorySnapshot;
  /** The rules of the version's services. Default: none. */
  readonly rules?: ServiceRules;
  /** Where events come from. Default: none ever comes. */
  readonly events?: EventSource;
  /** The request, for the context. */
  readonly request: HttpRequest;
  /** Who makes the context's values. */
  readonly factories: ContextFactories;
  /** When the answer is of no use any more: milliseconds since the epoch. */
  readonly deadline?: number;
  /** Told what happens, where somebody listens. */
  readonly trace?: Trace;
  /** Time. Default: the machine's own. */
  readonly clock?: Clock;
  /**
   * Calls back once when the client goes away; at once where it is gone. Called at most once, when the signal is first
   * asked for.
   */
  onGone?(gone: () => void): void;
}

const noEvents: EventSource = { subscribe: () => noEvent() };

async function* noEvent(): AsyncIterableIterator<never> {}

const noRules: ServiceRules = { ownerRules: () => undefined };

/** The scope of one request. Signal, context and memo are made when first asked for. */
export function createScope(input: ScopeInput): Scope {
  return new LazyScope(input, undefined, undefined);
}

class LazyScope implements Scope {
  readonly #input: ScopeInput;
  readonly #parent: LazyScope | undefined;
  readonly #change: ScopeChange | undefined;
  #context: ForkableContext | undefined;
  #signal: AbortSignal | undefined;
  #listeners: Set<(reason: unknown) => void> | undefined;
  #ended: { readonly reason: unknown } | undefined;
  #stopWatching: (() => void) | undefined;
  #memo: Map<object, unknown> | undefined;
  #stopTimer: (() => void) | undefined;
  #over = false;

  constructor(input: ScopeInput, parent: LazyScope | undefined, change: ScopeChange | undefined) {
    this.#input = input;
    this.#parent = parent;
    this.#change = change;
  }

  get branch(): string {
    return this.#input.branch;
  }

  get base(): string {
    return this.#input.base;
  }

  get version(): string {
    return this.#change?.version ?? this.#parent?.version ?? this.#input.version;
  }

  get directory(): DirectorySnapshot {
    return this.#change?.directory ?? this.#parent?.directory ?? this.#input.directory;
  }

  get rules(): ServiceRules {
    return this.#change?.rules ?? this.#parent?.rules ?? this.#input.rules ?? noRules;
  }

  get events(): EventSource {
    return this.#input.events ?? noEvents;
  }

  get deadline(): number | undefined {
    return this.#parent === undefined ? this.#input.deadline : this.#change?.deadline;
  }

  get trace(): Trace | undefined {
    return this.#input.trace;
  }

  get context(): ForkableContext {
    this.#context ??= this.#makeContext();
    return this.#context;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#makeSignal();
    return this.#signal;
  }

  onEnd(listener: (reason: unknown) => void): () => void {
    if (this.#stopWatching === undefined && !this.#over) this.#watch();
    if (this.#ended !== undefined) {
      listener(this.#ended.reason);
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

  fork(change: ScopeChange): Scope {
    return new LazyScope(this.#input, this, change);
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimer?.();
    this.#stopWatching?.();
    this.#listeners = undefined;
    this.#context?.dispose();
  }

  #makeContext(): ForkableContext {
    const source: ContextSource = {
      request: this.#input.request,
      call: (action, params) => callAction(this, action, params),
    };
    const context = this.#parent?.context.fork(source) ?? createContext(this.#input.factories, source);
    if (this.#over) context.dispose();
    return context;
  }

  #makeSignal(): AbortSignal {
    const controller = new AbortController();
    this.onEnd((reason) => controller.abort(reason));
    return controller.signal;
  }

  /** Begins to look for what ends the request; once, when somebody wants to know. */
  #watch(): void {
    const end = (reason: unknown): void => this.#end(reason);
    const own = this.#change?.signal;
    const stopParent = this.#parent?.onEnd(end);
    const stopOwn = own === undefined ? undefined : onAbort(own, end);
    this.#stopWatching = () => {
      stopParent?.();
      stopOwn?.();
    };
    if (this.#parent === undefined) this.#input.onGone?.(() => end(new TidegateError("CANCELLED")));
    this.#endAtDeadline(end);
  }

  #end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener(reason);
  }

  #endAtDeadline(end: (reason: unknown) => void): void {
    const deadline = this.deadline;
    if (deadline === undefined || this.#over) return;
    const clock = this.#input.clock ?? systemClock;
    const late = (): void => end(new TidegateError("CALL_TIMEOUT"));
    const left = deadline - clock.now();
    if (left <= 0) late();
    else this.#stopTimer = clock.after(left, late);
  }
}

function onAbort(signal: AbortSignal, listener: (reason: unknown) => void): () => void {
  const abort = (): void => listener(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return () => signal.removeEventListener("abort", abort);
}

/**
 * Calls an action as a scope's directory has it, without policies: for the gateway's own code.
 * @throws `ACTION_UNAVAILABLE` where nobody offers it now
 */
export async function callAction(scope: Scope, action: string, params: unknown): Promise<unknown> {
  const entry = scope.directory.action(action);
  if (entry?.state !== "up")
    throw new TidegateError("ACTION_UNAVAILABLE", `The action '${action}' is not there.`, {
      dispatched: false,
    });
  return entry.broker.call(scope, {
    action,
    params,
    ...(entry.nodes === undefined ? {} : { nodes: entry.nodes }),
  });
}
