import {
  type Claim,
  type Compiled,
  type CompileTools,
  type Connector,
  type ConnectorDescription,
  canonicalJson,
  type Endpoint,
  jsonPath,
  liesOn,
  type PathPattern,
  parsePattern,
  type SubscribeConnector,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import { pubSubRoute } from "./route.ts";
import type { WebSocketInput, WebSocketRouteInput } from "./schema.ts";

interface CompiledRoute {
  readonly claims: readonly Claim[];
  readonly endpoint: Endpoint;
  readonly route: WebSocketRoute;
}

interface Connectors {
  readonly subscribe: SubscribeConnector | undefined;
  readonly publish: Connector | undefined;
}

/** Compiles one fragment's part (S6.1): its claims, endpoints and routes. What is wrong goes to `tools.found`. */
export function compilePart(input: WebSocketInput, tools: CompileTools): Compiled {
  const taken = new Map<string, Claim>();
  const compiled = (input.routes ?? []).flatMap((route, index) => {
    const place = jsonPath(["routes", index], tools.origin.jsonPath);
    const made = compileRoute(input, route, place, tools);
    return made === undefined || isTaken(made, taken, tools) ? [] : [made];
  });
  return {
    claims: compiled.flatMap((each) => each.claims),
    endpoints: compiled.map((each) => each.endpoint),
    routes: compiled.map((each) => each.route),
  };
}

function compileRoute(
  part: WebSocketInput,
  input: WebSocketRouteInput,
  place: string,
  tools: CompileTools,
): CompiledRoute | undefined {
  const pattern = compilePath(part, input, place, tools);
  const connectors = compileConnectors(input, place, tools);
  if (pattern === undefined || connectors === undefined) return undefined;

  const ignoreError = input.ignoreError === true;
  const label = `WS ${pattern.path}`;
  const claims = pattern.shapes.map((shape): Claim => ({ key: `WS ${shape}`, label, jsonPath: place }));
  const key = claims[0]?.key ?? label;
  const { subscribe, publish } = connectors;
  const descriptions = [subscribe, publish].flatMap((each) => (each === undefined ? [] : [each.description]));
  const { service } = tools.origin;
  const itself = { path: pattern.path, ignoreError, subscribe: input.subscribe, publish: input.publish };
  return {
    claims,
    endpoint: {
      protocol: "WebSocket",
      key,
      label,
      ...(input.description === undefined ? {} : { description: input.description }),
      ...(input.deprecated === undefined ? {} : { deprecated: input.deprecated }),
      connectors: descriptions,
      origin: { ...tools.origin, jsonPath: place },
      websocket: { path: pattern.path },
      group:
        part.description === undefined ? { name: service } : { name: service, description: part.description },
      essence: canonicalJson(itself),
    },
    route: pubSubRoute({
      path: pattern.path,
      key,
      essence: canonicalJson({ ...itself, service, rules: descriptions.map(rulesOf) }),
      subscribe,
      publish,
      ignoreError,
      jsonPath: place,
      report: tools.report,
    }),
  };
}

/** Each by itself, so that the faults of both are found. Undefined where there is one. */
function compileConnectors(
  { subscribe, publish }: WebSocketRouteInput,
  place: string,
  { connectors }: CompileTools,
): Connectors | undefined {
  const options = { jsonPath: place, implicit: [], batching: false };
  const path = { path: "text", query: "text" } as const;
  const made = {
    subscribe: subscribe && connectors.subscribe(subscribe, { ...options, sources: path }),
    publish:
      publish && connectors.compile({ publish }, { ...options, sources: { ...path, message: "data" } }),
  };
  const failed =
    (subscribe !== undefined && made.subscribe === undefined) ||
    (publish !== undefined && made.publish === undefined);
  return failed ? undefined : made;
}

/** The rules that guard a connector (S6.4): where they stand, and what documents them, is not part of it. */
function rulesOf({ rules, mayGuard = [] }: ConnectorDescription): unknown {
  // Names that a function makes are matched when they are made: then the patterns count too.
  return rules?.map(({ asks }) => asks) ?? mayGuard.map(({ names, asks }) => ({ names, asks }));
}

function compilePath(
  part: WebSocketInput,
  input: WebSocketRouteInput,
  place: string,
  tools: CompileTools,
): PathPattern | undefined {
  const { pattern, problems } = parsePattern(input.path, part.basePath);
  for (const { part: member, message, expected, found } of problems) {
    const at = member === "path" ? `${place}.path` : `${tools.origin.jsonPath}.basePath`;
    tools.found({ severity: "error", code: "PATH_INVALID", jsonPath: at, message, expected, found });
  }
  if (pattern === undefined) return undefined;
  const reserved = liesOn(pattern, tools.reserved);
  if (reserved === undefined) return pattern;
  tools.found({
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
  tools.found({
    severity: "error",
    code: "ROUTE_TWICE",
    jsonPath: endpoint.origin.jsonPath,
    message: `${endpoint.label} is here twice: ${twin.label} at ${twin.jsonPath} takes the same sockets.`,
    found: endpoint.label,
    hint: "Keep one of them, or give them different paths.",
  });
  return true;
}
