import type { HttpRequest } from "./request.ts";

/**
 * The context values of a request, by name (S12.3). A factory creates a value when it is first read; the
 * value lives as long as the request, and is closed with it.
 */
export interface Context {
  /** Creates these values, unless they exist. Returns undefined where no factory is asynchronous. */
  prepare(names: readonly string[]): Promise<void> | undefined;
  /** The complete value, for the gateway's own code; a promise while an asynchronous factory creates it. */
  get(name: string): unknown;
  /**
   * The part of a prepared value that functions, mappings and reports can read (`auth` without the token).
   */
  view(name: string): unknown;
  /** The views of all prepared values among these names, as an object without prototype. */
  views(names: readonly string[]): Readonly<Record<string, unknown>>;
  /**
   * Creates the context of one request of a connection: it reads the parent's values, and has an `id` of its
   * own.
   */
  fork(): Context;
  /** Closes the values in reverse order of their creation. Never throws. */
  dispose(): void;
}

/** The arguments of a context factory. */
export interface ContextInput {
  /** The request; for a WebSocket the upgrade request. */
  readonly request: HttpRequest;
  /** The id of the request (S12.7); each request of a connection has its own. */
  readonly requestId: string;
  /** The other context values; `get` creates a value that does not exist yet. */
  readonly context: Context;
  /** Calls an action. No policies apply, because the factory is the gateway's own code. */
  call(action: string, params: unknown): Promise<unknown>;
}

/** Creates one value of the context (S12.3). */
export interface ContextFactory<Value = unknown> {
  readonly contract: 2;
  /** The name by which mappings read the value, as in `@context.NAME`. */
  readonly name: string;
  /** Creates the value. An error fails only the readers of this value. */
  create(input: ContextInput): Value | Promise<Value>;
  /** Returns the part that functions, mappings and reports can read. Default: the value itself. */
  view?(value: Value): unknown;
  /**
   * True: each request of a connection creates its own value (`id`). Default: forks share the parent's value.
   */
  readonly perRequest?: boolean;
  /**
   * False: the value is the identity of the client, and no way to authenticate is configured, so no client
   * has one. Rules that read the value get a warning. Default true.
   */
  readonly authenticates?: boolean;
  /** Closes the value when its request or connection ends. An error is logged. */
  close?(value: Value): void | Promise<void>;
  /** Opens what all values share. Called once, before the first version is served. */
  start?(): void | Promise<void>;
  /** Closes what `start` opened. Called once, when the gateway stops. */
  dispose?(): void | Promise<void>;
}
