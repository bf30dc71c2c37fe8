import type { Context, ContextFactory } from "../../contracts/context.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { HttpRequest } from "../../contracts/request.ts";

/** Context factories by the name of the value that they make. Made once, for all requests. */
export type ContextFactories = ReadonlyMap<string, ContextFactory>;

/** What a context is made for. */
export interface ContextSource {
  /** The request; for a socket the one that upgraded. */
  readonly request: HttpRequest;
  /** Calls an action without policies. */
  call(action: string, params: unknown): Promise<unknown>;
}

/**
 * Orders context factories by name.
 * @throws `PLUGIN_INVALID` where two of them make a value of the same name
 */
export function contextFactories(list: readonly ContextFactory[]): ContextFactories {
  const factories = new Map<string, ContextFactory>();
  for (const factory of list) {
    if (factories.has(factory.name))
      throw new TidegateError("PLUGIN_INVALID", `Two context factories make '${factory.name}'.`);
    factories.set(factory.name, factory);
  }
  return factories;
}

/** A context whose forks may call actions through a scope of their own. */
export interface ForkableContext extends Context {
  /** As {@link Context.fork}; what is made in the fork calls through `source`, by default the parent's. */
  fork(source?: ContextSource): ForkableContext;
}

/** The context of one request (S12.3): nothing is made before somebody asks for it, and nothing twice. */
export function createContext(factories: ContextFactories, source: ContextSource): ForkableContext {
  return new LazyContext(factories, source, undefined);
}

/** One value: being made, waited for, there, or failed. */
interface Slot {
  readonly factory: ContextFactory;
  state: "making" | "waiting" | "ready" | "failed";
  /** The value, the promise of it, or what was thrown. */
  content: unknown;
  view: unknown;
  viewed: boolean;
}

class LazyContext implements ForkableContext {
  readonly #factories: ContextFactories;
  readonly #source: ContextSource;
  readonly #parent: LazyContext | undefined;
  #slots: Map<string, Slot> | undefined;
  #over = false;

  constructor(factories: ContextFactories, source: ContextSource, parent: LazyContext | undefined) {
    this.#factories = factories;
    this.#source = source;
    this.#parent = parent;
  }

  prepare(names: readonly string[]): Promise<void> | undefined {
    let waiting: Promise<unknown>[] | undefined;
    for (const name of names) {
      const slot = this.#slot(name);
      if (slot === undefined) continue;
      if (slot.state === "failed") throw slot.content;
      if (slot.state === "waiting") {
        waiting ??= [];
        waiting.push(Promise.resolve(slot.content));
      }
    }
    return waiting === undefined ? undefined : Promise.all(waiting).then(() => undefined);
  }

  get(name: string): unknown {
    const slot = this.#slot(name);
    if (slot?.state === "failed") throw slot.content;
    return slot?.content;
  }

  view(name: string): unknown {
    const slot = this.#found(name);
    if (slot?.state !== "ready") return undefined;
    if (!slot.viewed) {
      slot.view = slot.factory.view === undefined ? slot.content : slot.factory.view(slot.content);
      slot.viewed = true;
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

  fork(source: ContextSource = this.#source): ForkableContext {
    return new LazyContext(this.#factories, source, this);
  }

  dispose(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#slots === undefined) return;
    for (const slot of [...this.#slots.values()].reverse()) {
      if (slot.state === "ready") close(slot);
    }
  }

  /** The slot of a value, which is made now unless it is there; undefined where nobody makes it. */
  #slot(name: string): Slot | undefined {
    const found = this.#found(name);
    if (found?.state === "making")
      throw new TidegateError("PLUGIN_INVALID", `The context value '${name}' needs itself to be made.`);
    if (found !== undefined) return found;
    const factory = this.#factories.get(name);
    return factory === undefined ? undefined : this.#make(factory);
  }

  /** What is there already, here or, where it is not made per request, in a parent. */
  #found(name: string): Slot | undefined {
    const own = this.#slots?.get(name);
    if (own !== undefined || this.#parent === undefined) return own;
    return this.#factories.get(name)?.perRequest === true ? undefined : this.#parent.#found(name);
  }

  #make(factory: ContextFactory): Slot {
    if (this.#over) throw new TidegateError("CANCELLED", "The request is over.");
    const slot: Slot = { factory, state: "making", content: undefined, view: undefined, viewed: false };
    const slots = this.#slots ?? new Map<string, Slot>();
    this.#slots = slots;
    slots.set(factory.name, slot);
    try {
      const made = factory.create({
        request: this.#source.request,
        context: this,
        call: (action, params) => this.#source.call(action, params),
      });
      if (isPromise(made)) this.#await(slot, made);
      else this.#settle(slot, made);
      // What opened first closes last, also where one value was made while another was.
      slots.delete(factory.name);
      slots.set(factory.name, slot);
    } catch (error) {
      slot.state = "failed";
      slot.content = error;
    }
    return slot;
  }

  #await(slot: Slot, made: PromiseLike<unknown>): void {
    slot.state = "waiting";
    const content = Promise.resolve(made).then(
      (value) => {
        this.#settle(slot, value);
        return value;
      },
      (error: unknown) => {
        slot.state = "failed";
        slot.content = error;
        throw error;
      },
    );
    slot.content = content;
    // Who asked is told; where nobody waits any more, nobody is hurt.
    content.catch(() => undefined);
  }

  #settle(slot: Slot, value: unknown): void {
    slot.state = "ready";
    slot.content = value;
    if (this.#over) close(slot);
  }
}

function close(slot: Slot): void {
  try {
    slot.factory.dispose?.(slot.content);
  } catch {
    // A value that cannot be closed hurts nobody who is still there.
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
