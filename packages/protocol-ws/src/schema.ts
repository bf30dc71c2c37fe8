import {
  alwaysRefine,
  type DescribedSchema,
  type PublishConfig,
  pathSchema,
  publishSchema,
  type RoutesPart,
  routesSchema,
  type SubscribeConfig,
  subscribeSchema,
} from "@tidegate/core-registry";
import { z } from "zod";

/** The `WebSocket` part of a fragment as a service writes it (S6.1). */
export type WebSocketInput = RoutesPart<WebSocketRouteInput>;

/** One route: `subscribe`, `publish`, or both. */
export interface WebSocketRouteInput {
  /** Path below `basePath` (S4.2). */
  readonly path: string;
  /** What it does, in Markdown. */
  readonly description?: string | undefined;
  /** Not for new clients. Default false. */
  readonly deprecated?: boolean | undefined;
  /** Send no error frames. Default false. */
  readonly ignoreError?: boolean | undefined;
  /** The events that are sent to the socket. */
  readonly subscribe?: SubscribeConfig | undefined;
  /** What becomes of each message of the socket. */
  readonly publish?: PublishConfig | undefined;
}

const markdown = z.string({ error: "A description is a text." }).optional();
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
    call: never("Streaming routes (`call`) are not served yet: expected `subscribe`, `publish`, or both."),
    map: never("A `map` stands inside `subscribe` or `publish`."),
    params: never("`params` belongs inside `publish`."),
  })
  .superRefine((input: Readonly<Record<string, unknown>>, context) => {
    if (connectors.some((name) => input[name] !== undefined)) return;
    const message = "It does nothing: expected `subscribe`, `publish`, or both.";
    context.addIssue({ code: "custom", path: [], message });
  }, alwaysRefine);

/** The schema of the part. */
export const webSocketSchema: DescribedSchema<WebSocketInput> = routesSchema("WebSocket", route);

/** A member that others know and this one does not: told why, not that it is unknown. */
function never(why: string): z.ZodOptional<z.ZodNever> {
  return z.never({ error: why }).optional();
}
