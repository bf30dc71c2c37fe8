import type { ContextFactory, Scope } from "@tidegate/core-registry";
import type { ServerRequest } from "../request/request.ts";
import { makeScope, type ServerParts } from "../served.ts";

/**
 * Makes the scope whose context hooks read before the route's scope exists. It is always on master, like the
 * scope of an access check: a request that is refused compiles nothing. Later scopes of the request take over
 * the values that were created here, and have the same `id`. The caller ends it.
 */
export function makeEarlyScope(parts: ServerParts, request: ServerRequest): Scope {
  const created = new Set<string>();
  const factories = new Map<string, ContextFactory>();
  for (const [name, factory] of parts.factories) factories.set(name, recording(factory, created));
  const served = parts.api.find("master", undefined);
  const scope = makeScope({ ...parts, factories }, request, "master", served);
  request.factories = new Map<string, ContextFactory>();
  for (const [name, factory] of parts.factories)
    request.factories.set(name, factory.perRequest === true ? factory : inheriting(factory, created, scope));
  return scope;
}

/** The same factory, which adds the name of its value to `created`. */
function recording(factory: ContextFactory, created: Set<string>): ContextFactory {
  return derive(factory, {
    create: (input) => {
      created.add(factory.name);
      return factory.create(input);
    },
    close: (value) => factory.close?.(value),
  });
}

/**
 * The same factory, which takes the value from the early scope where that one created it, and keeps it open.
 */
function inheriting(factory: ContextFactory, created: ReadonlySet<string>, early: Scope): ContextFactory {
  let isInherited = false;
  return derive(factory, {
    create: (input) => {
      isInherited = created.has(factory.name);
      return isInherited ? early.context.get(factory.name) : factory.create(input);
    },
    close: (value) => (isInherited ? undefined : factory.close?.(value)),
  });
}

function derive(
  factory: ContextFactory,
  change: Pick<Required<ContextFactory>, "create" | "close">,
): ContextFactory {
  return {
    contract: factory.contract,
    name: factory.name,
    perRequest: factory.perRequest ?? false,
    view: (value) => (factory.view === undefined ? value : factory.view(value)),
    ...change,
  };
}
