import type { StandardSchemaV1 } from "@standard-schema/spec";
import { z } from "zod";
import type { DescribedSchema } from "../../contracts/json.ts";
import { createYield } from "../yield.ts";
import { parsePattern } from "./pattern.ts";

/** The part of a protocol whose endpoints are routes on paths. */
export interface RoutesPart<Route> {
  /** Describes this part of the API, in Markdown. */
  readonly description?: string | undefined;
  /** The begin of all its paths. Required where there are routes. */
  readonly basePath?: string | undefined;
  readonly routes?: readonly Route[] | undefined;
}

/** Makes Zod run a refinement also after other errors, so that all problems are found in one pass (S1). */
export const alwaysRefine: { readonly when: (payload: { readonly value: unknown }) => boolean } = {
  when: ({ value }) => typeof value === "object" && value !== null,
};

/** The maximum number of routes of a fragment in one protocol. */
export const maxRoutes = 1_000;

/** The maximum number of different regexes in the paths of these routes. */
export const maxRegexes = 100;

/**
 * Creates the schema of a part whose endpoints are routes on paths.
 *
 * @param name the protocol's key, for error messages
 * @param route the schema of one route
 */
export function routesSchema<Route>(
  name: string,
  route: z.ZodType<Route>,
): DescribedSchema<RoutesPart<Route>> {
  const part = partSchema(name, route)["~standard"];
  // The routes are counted before they are validated, because the validation of too many routes would take
  // long.
  const validate = async (value: unknown): Promise<StandardSchemaV1.Result<RoutesPart<Route>>> =>
    tooManyRoutes(value) ?? (await proveRegexes(value)) ?? (await part.validate(value));
  return { "~standard": { ...part, validate } };
}

/**
 * Proves the regexes one by one, and yields to the event loop after each. `parsePattern` then finds the
 * cached proofs.
 */
async function proveRegexes(value: unknown): Promise<StandardSchemaV1.FailureResult | undefined> {
  const segments = new Set(
    pathsOf(value).flatMap((path) => path.split("/").filter((one) => one.includes("("))),
  );
  if (segments.size > maxRegexes) {
    const params = {
      code: "REGEXES_TOO_MANY",
      expected: `at most ${maxRegexes} different regexes in one fragment`,
    };
    const issue = { message: `The paths have ${segments.size} different regexes.`, path: ["routes"], params };
    return { issues: [issue] };
  }
  const yieldToEventLoop = createYield();
  for (const segment of segments) {
    parsePattern(`/${segment}`);
    await yieldToEventLoop();
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

function tooManyRoutes(value: unknown): StandardSchemaV1.FailureResult | undefined {
  if (typeof value !== "object" || value === null || !("routes" in value)) return undefined;
  const { routes } = value;
  if (!Array.isArray(routes) || routes.length <= maxRoutes) return undefined;
  const params = {
    code: "ROUTES_TOO_MANY",
    expected: `at most ${maxRoutes} routes in one fragment`,
    found: `${routes.length} routes`,
    hint: "Split the service, or replace many routes by one with parameters.",
  };
  const issue = { message: `The fragment has ${routes.length} routes.`, path: ["routes"], params };
  return { issues: [issue] };
}

function partSchema<Route>(
  name: string,
  route: z.ZodType<Route>,
): z.ZodType<RoutesPart<Route>> & DescribedSchema<RoutesPart<Route>> {
  return z
    .strictObject(
      {
        description: z.string({ error: "A description must be a string." }).optional(),
        basePath: pathSchema("basePath").optional(),
        routes: z.array(route, { error: "Routes must be a list." }).max(maxRoutes).optional(),
      },
      {
        error: (issue) =>
          issue.code === "invalid_type" ? `The part \`${name}\` must be an object.` : undefined,
      },
    )
    .superRefine((input, context) => {
      if (input.basePath !== undefined || input.routes === undefined || input.routes.length === 0) return;
      context.addIssue({
        code: "custom",
        path: ["basePath"],
        message: "Routes require a `basePath`, such as `/`.",
      });
    }, alwaysRefine);
}

/** Creates the schema of a path pattern (S4.2). */
export function pathSchema(part: "path" | "basePath"): z.ZodString {
  return z.string({ error: "A path must be a string." }).superRefine((text, context) => {
    const { problems } = part === "path" ? parsePattern(text) : parsePattern("", text);
    for (const { message, expected, found } of problems) {
      // A missing slash is the only problem whose correction is certain.
      const value = expected === `/${text}` ? expected : undefined;
      context.addIssue({ code: "custom", message, params: { code: "PATH_INVALID", expected, found, value } });
    }
  });
}
