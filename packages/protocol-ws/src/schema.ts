import type { DescribedSchema, PublishConfig, SubscribeConfig } from "@tidegate/core-registry";
import {
  alwaysRefine,
  pathSchema,
  publishSchema,
  type RoutesPart,
  routesSchema,
  subscribeSchema,
} from "@tidegate/core-registry/runtime";
import { z } from "zod";

/** The `WebSocket` part of a fragment as a service writes it (S6.1). */
export type WebSocketInput = RoutesPart<WebSocketRouteInput>;

/** One route with `subscribe`, `publish`, or both. */
export interface WebSocketRouteInput {
  /** The path pattern below `basePath` (S4.2). */
  readonly path: string;
  /** Describes the route in the catalog, in Markdown. */
  readonly description?: string | undefined;
  /** True: new clients should not use the route. Default false. */
  readonly deprecated?: boolean | undefined;
  /** True: the socket gets no error frames. Default false. */
  readonly ignoreError?: boolean | undefined;
  /** The events that the socket receives. Default: none. */
  readonly subscribe?: SubscribeConfig | undefined;
  /** Publishes each message of the socket. */
  readonly publish?: PublishConfig | undefined;
}

const markdown = z.string({ error: "Expected a string." }).optional();
const flag = z.boolean({ error: "Expected true or false." }).optional();
const connectors = ["subscribe", "publish", "call"] as const;

const route: z.ZodType<WebSocketRouteInput> = z
  .strictObject({
    path: pathSchema("path"),
    description: markdown,
    deprecated: flag,
    ignoreError: flag,
    subscribe: subscribeSchema.optional(),
    publish: publishSchema.optional(),
    call: notAllowed("Streaming routes (`call`) are not supported yet. Use `subscribe`, `publish`, or both."),
    map: notAllowed("Put `map` inside `subscribe` or `publish`."),
    params: notAllowed("Put `params` inside `publish`."),
  })
  .superRefine((input: Readonly<Record<string, unknown>>, context) => {
    if (connectors.some((name) => input[name] !== undefined)) return;
    const message = "The route does nothing. Add `subscribe`, `publish`, or both.";
    context.addIssue({ code: "custom", path: [], message });
  }, alwaysRefine);

/** The schema of the `WebSocket` part. */
export const webSocketSchema: DescribedSchema<WebSocketInput> = routesSchema("WebSocket", route);

/** A member of other protocols: the message explains more than "unknown member". */
function notAllowed(message: string): z.ZodOptional<z.ZodNever> {
  return z.never({ error: message }).optional();
}
