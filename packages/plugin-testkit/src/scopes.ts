import type { CallScope, Context, Scope } from "@tidegate/core-registry";
import { createCorrelation } from "@tidegate/core-registry/runtime";
import { directoryOf } from "./directory.ts";
import { memoryBroker } from "./memory/broker.ts";

/** Creates a context with the given values. Its views are the values themselves. */
export function contextOf(values: Readonly<Record<string, unknown>> = {}): Context {
  const readValue = (name: string): unknown => (Object.hasOwn(values, name) ? values[name] : undefined);
  const context: Context = {
    prepare: () => undefined,
    get: readValue,
    view: readValue,
    views: (names) => {
      const views: Record<string, unknown> = Object.create(null);
      for (const name of names) views[name] = readValue(name);
      return views;
    },
    fork: () => contextOf(values),
    dispose: () => undefined,
  };
  return context;
}

/**
 * Creates the scope of a call. Defaults: branch `master`, an empty context, no deadline, a signal that never
 * aborts.
 */
export function callScope(parts: Partial<CallScope> = {}): CallScope {
  const signal = parts.signal ?? new AbortController().signal;
  return {
    branch: "master",
    context: contextOf(),
    correlation: createCorrelation({ header: () => undefined }),
    deadline: undefined,
    trace: undefined,
    onEnd: (listener) => onAbort(signal, listener),
    ...parts,
    signal,
  };
}

function onAbort(signal: AbortSignal, listener: (reason: unknown) => void): () => void {
  const abort = (): void => listener(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return () => signal.removeEventListener("abort", abort);
}

/**
 * Creates the scope of a request. Defaults: branch `master`, an empty directory, no deadline.
 *
 * @param values the context's values
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
    logFailure: () => undefined,
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
