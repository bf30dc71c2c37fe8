import { masterBranch } from "@tidegate/core-registry";
import type { CallingOptions, ServiceBroker } from "moleculer";
import { type MiddlewareFactory, middleware } from "./hooks.ts";
import { variantOf } from "./variant.ts";

/**
 * Makes calls that services make while they serve a request go where the request's branch has the service (S9.7): with
 * `meta.branch` `preview`, `player.get` goes to `player~preview.get` where a node has it, else to the plain service, and
 * never to another branch. A name that tells a branch itself is taken as it is.
 */
export function branchCalls(): MiddlewareFactory {
  return middleware("TidegateBranches", (broker) => ({
    call: (next) => (action, params, options) => next(onBranch(broker, action, options), params, options),
    mcall: (next) => (calls, options) => next(withContext(calls, options?.parentCtx), options),
  }));
}

/** Calls that have options of their own, with the context that they are made in: Moleculer forgets it for these. */
function withContext(calls: unknown, parentCtx: CallingOptions["parentCtx"]): unknown {
  if (parentCtx === undefined || typeof calls !== "object" || calls === null) return calls;
  const one = (call: unknown): unknown => {
    const { options } = (call ?? {}) as { options?: unknown };
    if (typeof options !== "object" || options === null) return call;
    return { ...(call as object), options: { parentCtx, ...options } };
  };
  if (Array.isArray(calls)) return calls.map(one);
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, one(call)]));
}

function onBranch(broker: ServiceBroker, action: unknown, options: CallingOptions | undefined): unknown {
  const branch = branchOf(options);
  if (branch === undefined || branch === masterBranch) return action;
  if (typeof action !== "string" || action.includes("~") || action.startsWith("$")) return action;
  return variantOf(broker, action, branch, options?.nodeID) ?? action;
}

function branchOf(options: CallingOptions | undefined): string | undefined {
  const own: unknown = options?.meta?.branch;
  const { branch } = (options?.parentCtx?.meta ?? {}) as { branch?: unknown };
  const wanted = own ?? branch;
  return typeof wanted === "string" ? wanted : undefined;
}
