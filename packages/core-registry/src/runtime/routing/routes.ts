import type { Claim, Compiled, CompileTools, Endpoint } from "../../contracts/protocol.ts";
import type { Route } from "../../contracts/route.ts";
import { jsonPath } from "../fragment/json-path.ts";
import { isUnder, type PathPattern, parsePattern } from "./pattern.ts";

/** One route of a part, compiled. */
export interface CompiledRoute {
  /** What it defines: one claim for each shape of its path. */
  readonly claims: readonly Claim[];
  /** It, described. */
  readonly endpoint: Endpoint;
  /** What is mounted. */
  readonly route: Route;
}

/**
 * Compiles the routes of a part, for protocols whose parts are lists of routes on paths (REST, WebSocket). Two of one shape
 * in one fragment are a fault: nobody could tell which is meant.
 *
 * @param compile makes one route; undefined where it has an error, which it has told
 */
export function compileRoutes<Input>(
  inputs: readonly Input[],
  tools: CompileTools,
  compile: (input: Input, place: string) => CompiledRoute | undefined,
): Compiled {
  const taken = new Map<string, Claim>();
  const compiled = inputs.flatMap((input, index) => {
    const made = compile(input, jsonPath(["routes", index], tools.origin.jsonPath));
    return made === undefined || isTaken(made, taken, tools) ? [] : [made];
  });
  return {
    claims: compiled.flatMap(({ claims }) => claims),
    endpoints: compiled.map(({ endpoint }) => endpoint),
    routes: compiled.map(({ route }) => route),
  };
}

/**
 * The pattern of a route's path. Undefined where it is none, or lies on what is the gateway's own (S4.2, S4.6); that is told.
 *
 * @param place where the route stands
 */
export function routePattern(
  path: string,
  basePath: string | undefined,
  place: string,
  tools: CompileTools,
): PathPattern | undefined {
  const { pattern, problems } = parsePattern(path, basePath);
  for (const { part, message, expected, found } of problems) {
    const at = part === "path" ? `${place}.path` : `${tools.origin.jsonPath}.basePath`;
    tools.addFinding({ severity: "error", code: "PATH_INVALID", jsonPath: at, message, expected, found });
  }
  const reserved = pattern === undefined ? undefined : isUnder(pattern, tools.reserved);
  if (pattern === undefined || reserved === undefined) return pattern;
  tools.addFinding({
    severity: "error",
    code: "PATH_RESERVED",
    jsonPath: `${place}.path`,
    message: `${pattern.path} lies on ${reserved}, which is the gateway's own.`,
    found: pattern.path,
  });
  return undefined;
}

function isTaken(
  { claims, endpoint }: CompiledRoute,
  taken: Map<string, Claim>,
  tools: CompileTools,
): boolean {
  const twin = claims.map((claim) => taken.get(claim.key)).find((claim) => claim !== undefined);
  for (const claim of claims) if (!taken.has(claim.key)) taken.set(claim.key, claim);
  if (twin === undefined) return false;
  tools.addFinding({
    severity: "error",
    code: "ROUTE_TWICE",
    jsonPath: endpoint.origin.jsonPath,
    message: `${endpoint.label} is here twice: ${twin.label ?? twin.key} at ${twin.jsonPath} answers the same requests.`,
    found: endpoint.label,
    hint: "Keep one of them, or give them different paths.",
  });
  return true;
}
