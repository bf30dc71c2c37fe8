import type { ContextFactory } from "@tidegate/core-registry";
import { correlationId } from "../request/id.ts";
import { ServerRequest } from "../request/request.ts";

/**
 * `id`: the request's correlation id (S12.3): its `x-request-id` or the trace id of its W3C `traceparent` where valid,
 * else a new one. Sent back as `x-request-id`. Each request of a connection has its own.
 */
export function idContext(): ContextFactory<string> {
  return {
    contract: 1,
    name: "id",
    perRequest: true,
    create: ({ request }) => (request instanceof ServerRequest ? request.takeId() : correlationId(request)),
  };
}
