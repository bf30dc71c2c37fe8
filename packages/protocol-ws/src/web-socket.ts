import {
  type Claim,
  type Compiled,
  type CompiledRoute,
  type CompileTools,
  type Connector,
  type ConnectorDescription,
  canonicalJson,
  compileRoutes,
  routePattern,
  type SubscribeConnector,
} from "@tidegate/core-registry";
import { pubSubRoute } from "./route.ts";
import type { WebSocketInput, WebSocketRouteInput } from "./schema.ts";

interface Connectors {
  readonly subscribe: SubscribeConnector | undefined;
  readonly publish: Connector | undefined;
}

/** Compiles one fragment's part (S6.1): its claims, endpoints and routes. What is wrong goes to `tools.found`. */
export function compilePart(input: WebSocketInput, tools: CompileTools): Compiled {
  return compileRoutes(input.routes ?? [], tools, (route, place) => compileRoute(input, route, place, tools));
}

function compileRoute(
  part: WebSocketInput,
  input: WebSocketRouteInput,
  place: string,
  tools: CompileTools,
): CompiledRoute | undefined {
  const pattern = routePattern(input.path, part.basePath, place, tools);
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
      fingerprint: canonicalJson(itself),
    },
    route: pubSubRoute({
      path: pattern.path,
      key,
      fingerprint: canonicalJson({ ...itself, service, rules: descriptions.map(rulesOf) }),
      subscribe,
      publish,
      ignoreError,
      jsonPath: place,
      report: tools.reportRuntime,
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
function rulesOf({ rules, possibleRules = [] }: ConnectorDescription): unknown {
  // Names that a function makes are matched when they are made: then the patterns count too.
  return rules?.map(({ asks }) => asks) ?? possibleRules.map(({ names, asks }) => ({ names, asks }));
}
