import type { Claim, Compiled, CompileTools, Endpoint } from "../../contracts/protocol.ts";
import type { Route } from "../../contracts/route.ts";
import { jsonPath } from "../fragment/issues.ts";
import { isUnder, type PathPattern, parsePattern } from "./pattern.ts";

/** The result of compiling one route: the route, its claims and its description. */
export interface CompiledRoute {
  /** One claim for each shape of its path. */
  readonly claims: readonly Claim[];
  readonly endpoint: Endpoint;
  readonly route: Route;
}

/**
 * Compiles the routes of a part, for protocols whose parts are lists of routes (REST, WebSocket). Two routes
 * of a fragment with the same shape are an error, because they match the same requests.
 *
 * @param compile compiles one route; returns undefined, after adding a finding, where the route has an error
 */
export function compileRoutes<Input>(
  inputs: readonly Input[],
  tools: CompileTools,
  compile: (input: Input, jsonPath: string) => CompiledRoute | undefined,
): Compiled {
  const shapes = new Map<string, Claim>();
  const compiled = inputs.flatMap((input, index) => {
    const route = compile(input, jsonPath(["routes", index], tools.origin.jsonPath));
    return route === undefined || isDuplicate(route, shapes, tools) ? [] : [route];
  });
  return {
    claims: compiled.flatMap(({ claims }) => claims),
    endpoints: compiled.map(({ endpoint }) => endpoint),
    routes: compiled.map(({ route }) => route),
  };
}

/**
 * Parses the path of a route. Adds findings for an invalid path, and for a path that the gateway reserves
 * (S4.2, S4.6).
 *
 * @param routePath the JSON path of the route
 * @returns undefined where the path has an error
 */
export function routePattern(
  path: string,
  basePath: string | undefined,
  routePath: string,
  tools: CompileTools,
): PathPattern | undefined {
  const { pattern, problems } = parsePattern(path, basePath);
  for (const { part, message, expected, found } of problems) {
    const at = part === "path" ? `${routePath}.path` : `${tools.origin.jsonPath}.basePath`;
    tools.addFinding({ severity: "error", code: "PATH_INVALID", jsonPath: at, message, expected, found });
  }
  const reserved = pattern === undefined ? undefined : isUnder(pattern, tools.reserved);
  if (pattern === undefined || reserved === undefined) return pattern;
  tools.addFinding({
    severity: "error",
    code: "PATH_RESERVED",
    jsonPath: `${routePath}.path`,
    message: `The gateway reserves ${reserved}, so a route cannot have the path ${pattern.path}.`,
    found: pattern.path,
  });
  return undefined;
}

function isDuplicate(
  { claims, endpoint }: CompiledRoute,
  shapes: Map<string, Claim>,
  tools: CompileTools,
): boolean {
  const other = claims.map((claim) => shapes.get(claim.key)).find((claim) => claim !== undefined);
  for (const claim of claims) if (!shapes.has(claim.key)) shapes.set(claim.key, claim);
  if (other === undefined) return false;
  const label = other.label ?? other.key;
  tools.addFinding({
    severity: "error",
    code: "ROUTE_TWICE",
    jsonPath: endpoint.origin.jsonPath,
    message: `${endpoint.label} matches the same requests as ${label} at ${other.jsonPath}.`,
    found: endpoint.label,
    hint: "Remove one of the routes, or change its path.",
  });
  return true;
}
