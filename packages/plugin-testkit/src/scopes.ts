import type { CallScope, Context } from "@tidegate/core-registry";

/** Makes a context of values that are there already. Views are the values themselves. */
export function contextOf(values: Readonly<Record<string, unknown>> = {}): Context {
  const own = (name: string): unknown => (Object.hasOwn(values, name) ? values[name] : undefined);
  const context: Context = {
    prepare: () => undefined,
    get: own,
    view: own,
    views: (names) => {
      const views: Record<string, unknown> = Object.create(null);
      for (const name of names) views[name] = own(name);
      return views;
    },
    fork: () => contextOf(values),
    dispose: () => undefined,
  };
  return context;
}

/** Makes a call's scope: branch `master`, an empty context, no deadline, a signal that never fires; or as given. */
export function callScope(parts: Partial<CallScope> = {}): CallScope {
  const signal = parts.signal ?? new AbortController().signal;
  return {
    branch: "master",
    context: contextOf(),
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
