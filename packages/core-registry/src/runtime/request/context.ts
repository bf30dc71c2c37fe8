import type { Context, ContextFactory } from "../../contracts/context.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { HttpRequest } from "../../contracts/request.ts";
import type { ForkableCorrelation } from "./correlation.ts";

/** Context factories by the names of their values. Created once for all requests. */
export type ContextFactories = ReadonlyMap<string, ContextFactory>;

/** The parts of a scope that context factories use. */
export interface ContextSource {
  /** The request; for a WebSocket the upgrade request. */
  readonly request: HttpRequest;
  readonly correlation: ForkableCorrelation;
  /** Calls an action. No policies apply to the call. */
  call(action: string, params: unknown): Promise<unknown>;
  /** Calls the listener when the client disconnects or the deadline passes. Default: never. */
  onEnd?(listener: (reason: unknown) => void): () => void;
}

/**
 * Indexes context factories by name.
 * @throws {TidegateError} `PLUGIN_INVALID` where two factories have the same name
 */
export function contextFactories(list: readonly ContextFactory[]): ContextFactories {
  const factories = new Map<string, ContextFactory>();
  for (const factory of list) {
    if (factories.has(factory.name))
      throw new TidegateError("PLUGIN_INVALID", `Two context factories have the name '${factory.name}'.`);
    factories.set(factory.name, factory);
  }
  return factories;
}

/** A context whose forks can call actions through their own scope. */
export interface ForkableContext extends Context {
  /** @param source the source for values that the fork creates; default: the parent's */
  fork(source?: ContextSource): ForkableContext;
}

/** Creates the context of one request (S12.3). Each value is created once, when it is first read. */
export function createContext(factories: ContextFactories, source: ContextSource): ForkableContext {
  return new RequestContext(factories, source, undefined);
}

/** One value and its state: its factory runs, its promise is pending, it is ready, or it failed. */
interface Slot {
  readonly factory: ContextFactory;
  state: "creating" | "pending" | "ready" | "failed";
  /** The value, its promise, or the error, depending on the state. */
  content: unknown;
  view: unknown;
  hasView: boolean;
  /** Fails the readers of a pending value, which its factory may never create. */
  cancel?: (error: unknown) => void;
}

/** The context of one request. Creates each value when it is first read, and closes it with the request. */
export class RequestContext implements ForkableContext {
  readonly #factories: ContextFactories;
  readonly #source: ContextSource;
  readonly #parent: RequestContext | undefined;
  #slots: Map<string, Slot> | undefined;
  #isDisposed: boolean;

  /** @param parent the context of the connection, where the request is one of a connection */
  constructor(factories: ContextFactories, source: ContextSource, parent: RequestContext | undefined) {
    this.#factories = factories;
    this.#source = source;
    this.#parent = parent;
    this.#isDisposed = false;
  }

  prepare(names: readonly string[]): Promise<void> | undefined {
    let pending: Promise<unknown>[] | undefined;
    for (const name of names) {
      const slot = this.#findOrCreate(name);
      if (slot === undefined) continue;
      if (slot.state === "failed") throw slot.content;
      if (slot.state === "pending") {
        pending ??= [];
        pending.push(Promise.resolve(slot.content));
      }
    }
    return pending === undefined ? undefined : Promise.all(pending).then(() => undefined);
  }

  get(name: string): unknown {
    const slot = this.#findOrCreate(name);
    if (slot?.state === "failed") throw slot.content;
    return slot?.content;
  }

  view(name: string): unknown {
    const slot = this.#find(name);
    if (slot?.state !== "ready") return undefined;
    if (!slot.hasView) {
      slot.view = slot.factory.view === undefined ? slot.content : slot.factory.view(slot.content);
      slot.hasView = true;
    }
    return slot.view;
  }

  views(names: readonly string[]): Readonly<Record<string, unknown>> {
    const views: Record<string, unknown> = Object.create(null);
    for (const name of names) {
      const view = this.view(name);
      if (view !== undefined) views[name] = view;
    }
    return views;
  }

  fork(source?: ContextSource): RequestContext {
    const correlation = source?.correlation ?? this.#source.correlation.fork();
    return new RequestContext(this.#factories, { ...(source ?? this.#source), correlation }, this);
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    if (this.#slots === undefined) return;
    for (const slot of [...this.#slots.values()].reverse()) {
      if (slot.state === "ready") close(slot);
      else slot.cancel?.(new TidegateError("CANCELLED", "The request has ended."));
    }
  }

  /** Returns undefined where no factory has this name. */
  #findOrCreate(name: string): Slot | undefined {
    const existing = this.#find(name);
    if (existing?.state === "creating")
      throw new TidegateError("PLUGIN_INVALID", `The context value '${name}' depends on itself.`);
    if (existing !== undefined) return existing;
    const factory = this.#factories.get(name);
    return factory === undefined ? undefined : this.#create(factory);
  }

  /** Finds an existing value in this context or, where it is not created per request, in a parent. */
  #find(name: string): Slot | undefined {
    const slot = this.#slots?.get(name);
    if (slot !== undefined || this.#parent === undefined) return slot;
    return this.#factories.get(name)?.perRequest === true ? undefined : this.#parent.#find(name);
  }

  #create(factory: ContextFactory): Slot {
    if (this.#isDisposed) throw new TidegateError("CANCELLED", "The request has ended.");
    const slot: Slot = { factory, state: "creating", content: undefined, view: undefined, hasView: false };
    this.#slots ??= new Map<string, Slot>();
    const slots = this.#slots;
    slots.set(factory.name, slot);
    try {
      const source = this.#source;
      const value = factory.create({
        request: source.request,
        get requestId() {
          return source.correlation.requestId;
        },
        context: this,
        call: (action, params) => source.call(action, params),
      });
      if (isPromise(value)) this.#await(slot, value);
      else this.#setReady(slot, value);
      // Moves the slot behind the values that its factory created, so that it is closed before them.
      slots.delete(factory.name);
      slots.set(factory.name, slot);
    } catch (error) {
      slot.state = "failed";
      slot.content = error;
    }
    return slot;
  }

  #await(slot: Slot, promise: PromiseLike<unknown>): void {
    slot.state = "pending";
    const cancelled = Promise.withResolvers<never>();
    slot.cancel = cancelled.reject;
    cancelled.promise.catch(() => undefined);
    const unwatch = this.#source.onEnd?.(cancelled.reject);
    const created = Promise.resolve(promise).then(
      (value) => {
        unwatch?.();
        this.#setReady(slot, value);
        return value;
      },
      (error: unknown) => {
        unwatch?.();
        slot.state = "failed";
        slot.content = error;
        throw error;
      },
    );
    const content = Promise.race([created, cancelled.promise]);
    slot.content = content;
    // Every reader of the value receives the error. Without a reader it must not be an unhandled rejection.
    content.catch(() => undefined);
  }

  #setReady(slot: Slot, value: unknown): void {
    slot.state = "ready";
    slot.content = value;
    if (this.#isDisposed) close(slot);
  }
}

function close(slot: Slot): void {
  try {
    const closed: unknown = slot.factory.close?.(slot.content);
    if (isPromise(closed)) closed.then(undefined, () => undefined);
  } catch {
    // The request has ended. The plugin boundary has logged the error.
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
