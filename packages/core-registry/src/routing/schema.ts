import { z } from "zod";
import { parsePattern } from "./pattern.ts";

/** A protocol's part that is a list of routes on paths. */
export interface RoutesPart<Route> {
  /** What this part of the API is, in Markdown. */
  readonly description?: string | undefined;
  /** What all its paths begin with. Required where there are routes. */
  readonly basePath?: string | undefined;
  /** Its routes. Default none. */
  readonly routes?: readonly Route[] | undefined;
}

/** For a check that is to find its fault also where others found theirs (S1): zod would leave it out. */
export const evenIfFaulty: { readonly when: (payload: { readonly value: unknown }) => boolean } = {
  when: ({ value }) => typeof value === "object" && value !== null,
};

/**
 * The schema of a part that is a list of routes on paths.
 *
 * @param name the protocol's key, for messages
 * @param route the schema of one route
 */
export function routesSchema<Route>(name: string, route: z.ZodType<Route>): z.ZodType<RoutesPart<Route>> {
  return z
    .strictObject(
      {
        description: z.string({ error: "A description is a text." }).optional(),
        basePath: pathText("basePath").optional(),
        routes: z.array(route, { error: "Routes are a list." }).optional(),
      },
      {
        error: (issue) => (issue.code === "invalid_type" ? `The part \`${name}\` is an object.` : undefined),
      },
    )
    .superRefine((input, context) => {
      if (input.basePath !== undefined || input.routes === undefined || input.routes.length === 0) return;
      context.addIssue({
        code: "custom",
        path: ["basePath"],
        message: "Routes need a `basePath`; `/` is one.",
      });
    }, evenIfFaulty);
}

/** A text that is a path pattern (S4.2). */
export function pathText(part: "path" | "basePath"): z.ZodString {
  return z.string({ error: "A path is a text." }).superRefine((text, context) => {
    const { problems } = part === "path" ? parsePattern(text) : parsePattern("", text);
    for (const { message, expected, found } of problems)
      context.addIssue({ code: "custom", message, params: { code: "PATH_INVALID", expected, found } });
  });
}
