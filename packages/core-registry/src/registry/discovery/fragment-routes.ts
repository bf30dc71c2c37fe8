import type { Endpoint } from "../../contracts/endpoint.ts";
import type { Claim } from "../../contracts/protocol.ts";
import type { Finding } from "../../contracts/report.ts";
import type { EndpointInfo, Needs, Route } from "../../contracts/route.ts";
import type { LoadedPart } from "../../runtime/boundary/load-protocol.ts";
import { canonicalJson, hash128 } from "../../runtime/fragment/canonical.ts";
import { parsePattern } from "../../runtime/routing/pattern.ts";
import { routeKeys, routeLabel } from "../../runtime/routing/routes.ts";

/** A path that no fragment can define routes at, with what serves it (S4.6). */
export interface ReservedPath {
  readonly path: string;
  /** For messages: `the protocol GraphQL`, `the gateway`. */
  readonly owner: string;
}

/** The compiled part of a fragment, with the claims and endpoints that the core takes from it. */
export interface FragmentPart extends LoadedPart {
  /** The claims of its routes, whose keys all protocols share (S4.6). */
  readonly routeClaims: readonly Claim[];
  readonly endpoints: readonly Endpoint[];
}

/** What identifies a part, and how its findings are added. */
export interface PartOrigin {
  readonly protocol: string;
  readonly service: string;
  readonly hash: string;
  addFinding(finding: Finding): void;
}

/** Takes claims and endpoints from what a protocol compiled. `fingerprint` is that of the whole part. */
export function fragmentPart(part: LoadedPart, origin: PartOrigin, fingerprint: () => unknown): FragmentPart {
  const claims = part.compiled.claims ?? [];
  let whole: string | undefined;
  const ofWhole = (): string => {
    whole ??= hash128(canonicalJson(fingerprint()));
    return whole;
  };
  return {
    ...part,
    routeClaims: part.routes.flatMap((route) => claimsOfRoute(route, origin)),
    endpoints: [
      ...part.routes.flatMap((route) => routeEndpoint(route, origin, ofWhole)),
      ...claims.flatMap(({ key, label = key, endpoint }) =>
        endpoint === undefined
          ? []
          : [
              {
                ...endpointOf(endpoint, { key, label }, origin, ofWhole),
                ...(endpoint.graphql && { graphql: endpoint.graphql }),
              },
            ],
      ),
    ],
  };
}

function claimsOfRoute(route: Route, { protocol }: PartOrigin): Claim[] {
  const { endpoint, needs } = route;
  const claim = {
    label: routeLabel(route),
    jsonPath: endpoint?.jsonPath ?? `protocol.${protocol}`,
    ...optionalNeeds(needs),
  };
  return routeKeys(route).map((key) => ({ ...claim, key }));
}

function optionalNeeds(needs: Needs | undefined): { readonly needs?: Needs } {
  return needs === undefined ? {} : { needs };
}

function routeEndpoint(route: Route, origin: PartOrigin, ofWhole: () => string): Endpoint[] {
  if (route.endpoint === undefined) return [];
  const label = routeLabel(route);
  const [key = label] = routeKeys(route);
  const endpoint = endpointOf(route.endpoint, { key, label }, origin, ofWhole);
  const { path } = route;
  return route.kind === "http"
    ? [{ ...endpoint, http: { method: route.method, path } }]
    : [{ ...endpoint, websocket: { path } }];
}

function endpointOf(
  info: EndpointInfo,
  { key, label }: { readonly key: string; readonly label: string },
  { protocol, service, hash }: PartOrigin,
  ofWhole: () => string,
): Endpoint {
  const { jsonPath, description, deprecated, connectors = [], group = { name: service }, fingerprint } = info;
  return {
    protocol,
    key,
    label,
    ...(description === undefined ? {} : { description }),
    ...(deprecated === undefined ? {} : { deprecated }),
    connectors,
    origin: { service, hash, jsonPath },
    group,
    fingerprint: fingerprint ?? ofWhole(),
  };
}

/**
 * Checks the routes of a fragment over all of its protocols (S4.6): a path must not be reserved, and no two
 * routes can match the same requests. Adds an error for each.
 */
export function checkRoutes(
  parts: readonly { readonly part: FragmentPart; readonly origin: PartOrigin }[],
  reserved: readonly ReservedPath[],
): void {
  const known = new Map<string, { readonly label: string; readonly jsonPath: string }>();
  for (const { part, origin } of parts) {
    for (const route of part.routes) {
      const [claim] = claimsOfRoute(route, origin);
      const finding =
        claim === undefined
          ? invalidPath(route, origin)
          : (reservedPath(route, claim.jsonPath, reserved) ?? duplicateRoute(route, claim, known));
      if (finding !== undefined) origin.addFinding(finding);
    }
  }
}

// Protocols that take paths from fragments report this themselves, with the place in the path.
function invalidPath(route: Route, { protocol }: PartOrigin): Finding {
  const [problem] = parsePattern(route.path).problems;
  return {
    severity: "error",
    code: "PATH_INVALID",
    jsonPath: route.endpoint?.jsonPath ?? `protocol.${protocol}`,
    message: `The route ${routeLabel(route)} has an invalid path: ${problem?.message ?? "it cannot be parsed."}`,
    ...(problem === undefined ? {} : { expected: problem.expected }),
    found: route.path,
  };
}

function reservedPath(
  route: Route,
  jsonPath: string,
  reserved: readonly ReservedPath[],
): Finding | undefined {
  const shapes = routeKeys(route).map((key) => key.slice(key.indexOf(" ") + 1));
  const taken = reserved.find(({ path }) => shapes.some((shape) => isAtOrBelow(shape, path)));
  if (taken === undefined) return undefined;
  return {
    severity: "error",
    code: "PATH_RESERVED",
    jsonPath: `${jsonPath}.path`,
    message: `The path ${route.path} is reserved: ${taken.owner} serves ${taken.path}.`,
    found: route.path,
    hint: "Choose another path.",
  };
}

// All paths that begin with `/~` belong to the gateway: `/~preview` is a branch.
function isAtOrBelow(shape: string, path: string): boolean {
  return path === "/~" ? shape.startsWith(path) : shape === path || shape.startsWith(`${path}/`);
}

function duplicateRoute(
  route: Route,
  { key, label = key, jsonPath }: Claim,
  known: Map<string, { readonly label: string; readonly jsonPath: string }>,
): Finding | undefined {
  const keys = routeKeys(route);
  const other = keys.map((each) => known.get(each)).find((each) => each !== undefined);
  for (const each of keys) if (!known.has(each)) known.set(each, { label, jsonPath });
  if (other === undefined) return undefined;
  return {
    severity: "error",
    code: "ROUTE_TWICE",
    jsonPath,
    message: `${label} matches the same requests as ${other.label} at ${other.jsonPath}.`,
    found: label,
    hint: "Remove one of the routes, or change its path.",
  };
}
