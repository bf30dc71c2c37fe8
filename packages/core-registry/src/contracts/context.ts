import type { HttpRequest } from "./request.ts";

/**
 * What is known of a request, by name (S12.3). A value is made by its factory the first time that it is asked
 * for, and lives as long as the request. What is opened in it is closed with it.
 */
export interface Context {
  /** Makes these values, unless they are there. Returns nothing when all of them could be had at once. */
  prepare(names: readonly string[]): Promise<void> | undefined;
  /** The value, whole, for the gateway's own parts. A promise where its factory is asynchronous and it is not there yet. */
  get(name: string): unknown;
  /** The view of a prepared value that functions, mappings and reports may see (`auth` without the token). */
  view(name: string): unknown;
  /** The views of all prepared values, as a plain object without prototype. */
  views(names: readonly string[]): Readonly<Record<string, unknown>>;
  /** A context for one request of a connection: sees what is made here, keeps its own `id` and what it makes. */
  fork(): Context;
  /** Closes what the factories opened, in reverse order. Never throws. */
  dispose(): void;
}

/** What a context factory is given. */
export interface ContextInput {
  /** The request; for a socket the one that upgraded. */
  readonly request: HttpRequest;
  /** The other values, made when asked for. */
  readonly context: Context;
  /** Calls an action without policies: the factory is the gateway's own code. */
  call(action: string, params: unknown): Promise<unknown>;
}

/** Makes one value of the context (S12.3). */
export interface ContextFactory<Value = unknown> {
  /** The contract's number. */
  readonly contract: 1;
  /** The name in `@context.NAME`. */
  readonly name: string;
  /** Makes the value. A throw fails who asked, and nobody else. */
  create(input: ContextInput): Value | Promise<Value>;
  /** What functions, mappings and reports may see of it. Default: the value. */
  view?(value: Value): unknown;
  /** True where each request of a connection makes its own (`id`). Default: a fork sees its parent's. */
  readonly perRequest?: boolean;
  /** Closes what `create` opened. */
  dispose?(value: Value): void;
}
