import {
  alwaysRefine,
  type ConnectorInput,
  connectorMembers,
  type DescribedSchema,
  type Method,
  normalizeConnectors,
  pathSchema,
  type RoutesPart,
  routesSchema,
} from "@tidegate/core-registry";
import { z } from "zod";

/** The methods that a route can have (S4.1). */
export const methods: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** The `REST` part of a fragment as a service writes it (S4.1). */
export type RestInput = RoutesPart<RestRouteInput>;

/** One route. Exactly one connector: `call`, `publish` or `map`; short forms as S2.2 says. */
export interface RestRouteInput extends ConnectorInput {
  /** HTTP method. HEAD follows GET. */
  readonly method: Method;
  /** Path below `basePath` (S4.2). Default in the short form: `/`. */
  readonly path?: string | undefined;
  /** What it does, in Markdown. */
  readonly description?: string | undefined;
  /** Not for new clients. Default false. */
  readonly deprecated?: boolean | undefined;
  /** Answer null (204) where the connector fails. Default false. */
  readonly ignoreError?: boolean | undefined;
}

const markdown = z.string({ error: "A description is a text." }).optional();
const flag = z.boolean({ error: "Expected true or false." }).optional();

const route: z.ZodType<RestRouteInput> = z
  .strictObject({
    method: z.enum(methods, { error: `A method is one of ${methods.join(", ")}.` }),
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
      fault(["publish"], "GET changes nothing, and so cannot publish: expected POST, PUT, PATCH or DELETE.");
    if (connectors !== undefined && connectors.short === undefined && input.path === undefined)
      fault(["path"], "A route has a path.");
  }, alwaysRefine);

/** The schema of the part. */
export const restSchema: DescribedSchema<RestInput> = routesSchema("REST", route);
