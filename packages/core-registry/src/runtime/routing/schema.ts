import type { StandardSchemaV1 } from "@standard-schema/spec";
import { z } from "zod";
import type { DescribedSchema } from "../../contracts/json.ts";
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
export const alwaysRefine: { readonly when: (payload: { readonly value: unknown }) => boolean } = {
  when: ({ value }) => typeof value === "object" && value !== null,
};

/** How many routes a fragment may have in one protocol. */
export const mostRoutes = 1_000;

/** How many different regexes their paths may have. */
export const mostRegexes = 100;

/**
 * The schema of a part that is a list of routes on paths, 1,000 at the most.
 *
 * @param name the protocol's key, for messages
 * @param route the schema of one route
 */
export function routesSchema<Route>(
  name: string,
  route: z.ZodType<Route>,
): DescribedSchema<RoutesPart<Route>> {
  const part = partSchema(name, route)["~standard"];
  // Counted before any is looked at: looking at all of them is what would take long.
  const validate = async (value: unknown): Promise<StandardSchemaV1.Result<RoutesPart<Route>>> =>
    tooMany(value) ?? (await proveRegexes(value)) ?? (await part.validate(value));
  return { "~standard": { ...part, validate } };
}

/** Proves the regexes one by one, with turns for everybody else; what was proved is remembered until it is asked for. */
async function proveRegexes(value: unknown): Promise<StandardSchemaV1.FailureResult | undefined> {
  const segments = new Set(
    pathsOf(value).flatMap((path) => path.split("/").filter((one) => one.includes("("))),
  );
  if (segments.size > mostRegexes) {
    const params = {
      code: "REGEXES_TOO_MANY",
      expected: `at most ${mostRegexes} different regexes in one fragment`,
    };
    const issue = { message: `The paths have ${segments.size} different regexes.`, path: ["routes"], params };
    return { issues: [issue] };
  }
  for (const segment of segments) {
    parsePattern(`/${segment}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return undefined;
}

function pathsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const routes = "routes" in value && Array.isArray(value.routes) ? value.routes : [];
  const paths: unknown[] = routes.map((route: unknown) =>
    typeof route === "object" && route !== null && "path" in route ? route.path : undefined,
  );
  return [...paths, "basePath" in value ? value.basePath : undefined].filter(
    (path) => typeof path === "string",
  );
}

function tooMany(value: unknown): StandardSchemaV1.FailureResult | undefined {
  if (typeof value !== "object" || value === null || !("routes" in value)) return undefined;
  const { routes } = value;
  if (!Array.isArray(routes) || routes.length <= mostRoutes) return undefined;
  const params = {
    code: "ROUTES_TOO_MANY",
    expected: `at most ${mostRoutes} routes in one fragment`,
    found: `${routes.length} routes`,
    hint: "Split the service, or let one route with parameters take the place of many.",
  };
  const issue = { message: `There are ${routes.length} routes here.`, path: ["routes"], params };
  return { issues: [issue] };
}

function partSchema<Route>(
  name: string,
  route: z.ZodType<Route>,
): z.ZodType<RoutesPart<Route>> & DescribedSchema<RoutesPart<Route>> {
  return z
    .strictObject(
      {
        description: z.string({ error: "A description is a text." }).optional(),
        basePath: pathSchema("basePath").optional(),
        routes: z.array(route, { error: "Routes are a list." }).max(mostRoutes).optional(),
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
    }, alwaysRefine);
}

/** A text that is a path pattern (S4.2). */
export function pathSchema(part: "path" | "basePath"): z.ZodString {
  return z.string({ error: "A path is a text." }).superRefine((text, context) => {
    const { problems } = part === "path" ? parsePattern(text) : parsePattern("", text);
    for (const { message, expected, found } of problems)
      context.addIssue({ code: "custom", message, params: { code: "PATH_INVALID", expected, found } });
  });
}
