import type { Scope } from "@tidegate/core-registry";
import { callScope, contextOf } from "./call-scope.ts";
import { directoryOf } from "./directory.ts";
import { memoryBroker } from "./memory/broker.ts";

/**
 * Makes a request's scope: master, an empty directory, no deadline; or as given.
 *
 * @param values what its context holds
 */
export function requestScope(
  values: Readonly<Record<string, unknown>> = {},
  parts: Partial<Scope> = {},
): Scope {
  const memo = new Map<object, unknown>();
  const scope: Scope = {
    ...callScope({
      context: contextOf(values),
      ...(parts.signal === undefined ? {} : { signal: parts.signal }),
    }),
    version: "0".repeat(32),
    base: "",
    directory: directoryOf(memoryBroker().broker),
    rules: { ownerRules: () => undefined },
    events: { subscribe: () => noEvents() },
    end: () => undefined,
    memo: <Value>(key: object, make: () => Value): Value => {
      if (!memo.has(key)) memo.set(key, make());
      return memo.get(key) as Value;
    },
    fork: () => requestScope(values, parts),
    ...parts,
  };
  return scope;
}

async function* noEvents(): AsyncIterableIterator<never> {}
