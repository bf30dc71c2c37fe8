import type { CallScope } from "@tidegate/core-registry";

/**
 * The members of `meta` that each call and event of a request has (S12.7, S13.4): the branch and the trace. A
 * service passes its `meta` on with its nested calls and events, with and without the preset.
 */
export function metaOf({ branch, correlation }: CallScope): Record<string, unknown> {
  const { traceparent, tracestate, baggage } = correlation;
  const meta: Record<string, unknown> = { branch, traceparent };
  if (tracestate !== undefined) meta.tracestate = tracestate;
  if (baggage !== undefined) meta.baggage = baggage;
  return meta;
}
