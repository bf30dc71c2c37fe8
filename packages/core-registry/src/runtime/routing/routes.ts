import type { KnownValue } from "../../contracts/connector.ts";
import type { Compiled, CompileTools } from "../../contracts/protocol.ts";
import type { HttpRoute, Route, WebSocketRoute } from "../../contracts/route.ts";
import { canonicalJson } from "../fragment/canonical.ts";
import { jsonPath } from "../fragment/issues.ts";
import { memoize } from "../memoize.ts";
import { type PathPattern, parsePattern } from "./pattern.ts";

/**
 * Compiles the routes of a part, for protocols whose parts are lists of routes (REST, WebSocket).
 *
 * @param compile compiles one route; returns undefined, after adding a finding, where the route has an error
 */
export function compileRoutes<Input>(
  inputs: readonly Input[],
  tools: Pick<CompileTools, "origin">,
  compile: (input: Input, jsonPath: string) => Route | undefined,
): Compiled {
  return {
    routes: inputs.flatMap(
      (input, index) => compile(input, jsonPath(["routes", index], tools.origin.jsonPath)) ?? [],
    ),
  };
}

/**
 * Parses the path of a route, and adds findings for an invalid path (S4.2). The core itself checks that no
 * path is reserved and that no two routes match the same requests (S4.6).
 *
 * @param routePath the JSON path of the route
 * @returns undefined where the path has an error
 */
export function routePattern(
  path: string,
  basePath: string | undefined,
  routePath: string,
  tools: Pick<CompileTools, "origin" | "addFinding">,
): PathPattern | undefined {
  const { pattern, problems } = parsePattern(path, basePath);
  for (const { part, message, expected, found } of problems) {
    const at = part === "path" ? `${routePath}.path` : `${tools.origin.jsonPath}.basePath`;
    tools.addFinding({ severity: "error", code: "PATH_INVALID", jsonPath: at, message, expected, found });
  }
  return pattern;
}

/** What is known of the source `path` of a route, for its connectors: a text for each parameter (S1.7). */
export function knownPath({ parameters }: PathPattern): KnownValue {
  return Object.fromEntries(parameters.map((name): [string, KnownValue] => [name, "scalar"]));
}

/** A route in the notation of people: `GET /players/:id`, `WS /chat/:room`. */
export function routeLabel(route: Route): string {
  return `${methodOf(route)} ${route.path}`;
}

/**
 * The keys under which a route claims requests, one for each shape of its path (S4.6): `GET /players/:`. All
 * protocols share the keys. The first one identifies the route in all versions of a branch. Empty where the
 * path is not valid.
 */
export const routeKeys: (route: Route) => readonly string[] = memoize((route: Route) => {
  const { pattern } = parsePattern(route.path);
  return pattern === undefined ? [] : pattern.shapes.map((shape) => `${methodOf(route)} ${shape}`);
});

/**
 * The behaviour of a WebSocket route as text, with its rules: connections move to a new version only while
 * it is equal (S6.4).
 */
export const socketFingerprint: (route: WebSocketRoute) => string = memoize((route: WebSocketRoute) => {
  if (route.fingerprint !== undefined) return route.fingerprint;
  const { fingerprint = "", connectors = [] } = route.endpoint ?? {};
  // Event names of functions are matched at run time. Then the patterns of the rules count too.
  const rules = connectors.map(
    ({ rules, possibleRules = [] }) =>
      rules?.map(({ requirements }) => requirements) ??
      possibleRules.map(({ names, requirements }) => ({ names, requirements })),
  );
  const service = connectors[0]?.origin.service ?? "";
  return canonicalJson({ fingerprint, service, rules });
});

function methodOf(route: HttpRoute | WebSocketRoute): string {
  return route.kind === "http" ? route.method : "WS";
}
