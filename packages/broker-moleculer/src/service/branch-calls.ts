import { masterBranch } from "@tidegate/core-registry";
import type { CallingOptions, ServiceBroker } from "moleculer";
import { type MiddlewareFactory, middleware } from "../wire/middleware.ts";
import { actionOnBranch, branchSeparator } from "../wire/names.ts";

/**
 * Returns a middleware that makes nested calls follow the request's branch (S9.7): with `preview` in `meta.branch`, a call of
 * `player.get` goes to `player~preview.get` if a node provides it, else to the plain service, and never to another branch. An
 * action whose name contains a branch is called as it is.
 */
export function branchCalls(): MiddlewareFactory {
  return middleware("TidegateBranchCalls", (broker) => ({
    call: (next) => (action, params, options) => next(onBranch(broker, action, options), params, options),
    mcall: (next) => (calls, options) => next(withContext(calls, options?.parentCtx), options),
  }));
}

function onBranch(broker: ServiceBroker, action: unknown, options: CallingOptions | undefined): unknown {
  const branch = branchOf(options);
  if (branch === undefined || branch === masterBranch) return action;
  if (typeof action !== "string" || action.includes(branchSeparator) || action.startsWith("$")) return action;
  return actionOnBranch(broker, action, branch, options?.nodeID) ?? action;
}

function branchOf(options: CallingOptions | undefined): string | undefined {
  const { branch: inherited } = (options?.parentCtx?.meta ?? {}) as { branch?: unknown };
  const branch: unknown = options?.meta?.branch ?? inherited;
  return typeof branch === "string" ? branch : undefined;
}

/** Adds the context to the calls of `mcall` that have options of their own: Moleculer drops it for these. */
function withContext(calls: unknown, parentCtx: CallingOptions["parentCtx"]): unknown {
  if (parentCtx === undefined || typeof calls !== "object" || calls === null) return calls;
  const addContext = (call: unknown): unknown => {
    const { options } = (call ?? {}) as { options?: unknown };
    if (typeof options !== "object" || options === null) return call;
    return { ...(call as object), options: { parentCtx, ...options } };
  };
  if (Array.isArray(calls)) return calls.map(addContext);
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, addContext(call)]));
}
