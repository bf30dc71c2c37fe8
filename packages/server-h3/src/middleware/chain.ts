import type { Middleware } from "@tidegate/core-registry";

/** The middleware of a server: for each hook those that have it, in the order in which they run. */
export interface MiddlewareChain {
  readonly request: readonly Middleware[];
  readonly reply: readonly Middleware[];
  readonly error: readonly Middleware[];
}

/** Sorts middleware by its hooks; undefined where there is none. */
export function createChain(configured: readonly Middleware[]): MiddlewareChain | undefined {
  const reversed = configured.toReversed();
  const chain: MiddlewareChain = {
    request: configured.filter((middleware) => middleware.request !== undefined),
    reply: reversed.filter((middleware) => middleware.reply !== undefined),
    error: reversed.filter((middleware) => middleware.error !== undefined),
  };
  return Object.values(chain).every((list) => list.length === 0) ? undefined : chain;
}
