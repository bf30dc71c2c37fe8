import type { DescribedSchema, Method } from "@tidegate/core-registry";
import {
  alwaysRefine,
  type ConnectorInput,
  connectorMembers,
  normalizeConnectors,
  pathSchema,
  type RoutesPart,
  routesSchema,
} from "@tidegate/core-registry/runtime";
import { z } from "zod";

/** The HTTP methods of routes (S4.1). */
const methods: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** The `REST` part of a fragment as a service writes it (S4.1). */
export type RestInput = RoutesPart<RestRouteInput>;

/** One route with exactly one connector: `call`, `publish` or `map`. Short forms are those of S2.2. */
export interface RestRouteInput extends ConnectorInput {
  /** The HTTP method. A route for GET also serves HEAD. */
  readonly method: Method;
  /** Path below `basePath` (S4.2). Default in the short form: `/`. */
  readonly path?: string | undefined;
  /** Describes the route in the catalog, in Markdown. */
  readonly description?: string | undefined;
  /** True: new clients should not use the route. Default false. */
  readonly deprecated?: boolean | undefined;
  /** True: reply with 204 where the connector fails. Default false. */
  readonly ignoreError?: boolean | undefined;
}

const markdown = z.string({ error: "Expected a string." }).optional();
const flag = z.boolean({ error: "Expected true or false." }).optional();

const route: z.ZodType<RestRouteInput> = z
  .strictObject({
    method: z.enum(methods, { error: `Expected one of ${methods.join(", ")}.` }),
    path: pathSchema("path").optional(),
    description: markdown,
    deprecated: flag,
    ignoreError: flag,
    ...connectorMembers,
  })
  .superRefine((input, context) => {
    const fault = (path: readonly string[], message: string): void =>
      context.addIssue({ code: "custom", path: [...path], message });
    const connectors = normalizeConnectors(input, fault);
    if (connectors?.publish !== undefined && input.method === "GET")
      fault(["publish"], "A GET route cannot publish. Use POST, PUT, PATCH or DELETE.");
    if (connectors !== undefined && connectors.short === undefined && input.path === undefined)
      fault(["path"], "A route needs a `path`.");
  }, alwaysRefine);

/** The schema of the `REST` part. */
export const restSchema: DescribedSchema<RestInput> = routesSchema("REST", route);
