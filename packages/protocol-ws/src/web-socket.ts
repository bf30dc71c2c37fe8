import type {
  Claim,
  Compiled,
  CompileTools,
  Connector,
  ConnectorDescription,
  Protocol,
  SubscribeConnector,
} from "@tidegate/core-registry";
import {
  type CompiledRoute,
  canonicalJson,
  compileRoutes,
  routePattern,
} from "@tidegate/core-registry/runtime";
import { pubSubRoute } from "./route.ts";
import { type WebSocketInput, type WebSocketRouteInput, webSocketSchema } from "./schema.ts";

interface CompiledConnectors {
  readonly subscribe: SubscribeConnector | undefined;
  readonly publish: Connector | undefined;
}

/** Creates the protocol `WebSocket` (S6): paths whose sockets get events, publish their messages, or both. */
export function webSocket(): Protocol<WebSocketInput> {
  return { contract: 1, key: "WebSocket", schema: webSocketSchema, fingerprint, compile };
}

/** The fingerprint of a part leaves out its documentation (S1.4). */
function fingerprint(input: WebSocketInput): unknown {
  const { description: _, routes = [], ...part } = input;
  return { ...part, routes: routes.map(({ description: _, deprecated: __, ...route }) => route) };
}

/**
 * Compiles the part of one fragment (S6.1) to claims, endpoints and routes. Faults go to `tools.addFinding`.
 */
function compile(input: WebSocketInput, tools: CompileTools): Compiled {
  return compileRoutes(input.routes ?? [], tools, (route, jsonPath) =>
    compileRoute(input, route, jsonPath, tools),
  );
}

function compileRoute(
  part: WebSocketInput,
  input: WebSocketRouteInput,
  jsonPath: string,
  tools: CompileTools,
): CompiledRoute | undefined {
  const pattern = routePattern(input.path, part.basePath, jsonPath, tools);
  const connectors = compileConnectors(input, jsonPath, tools);
  if (pattern === undefined || connectors === undefined) return undefined;

  const { path } = pattern;
  const { description, deprecated } = input;
  const { service } = tools.origin;
  const { subscribe, publish } = connectors;
  const ignoreError = input.ignoreError === true;
  const label = `WS ${path}`;
  const claims = pattern.shapes.map((shape): Claim => ({ key: `WS ${shape}`, label, jsonPath }));
  const key = claims[0]?.key ?? label;
  const descriptions = [subscribe, publish].flatMap((connector) => connector?.description ?? []);
  const behaviour = { path, ignoreError, subscribe: input.subscribe, publish: input.publish };
  return {
    claims,
    endpoint: {
      protocol: "WebSocket",
      key,
      label,
      ...(description === undefined ? {} : { description }),
      ...(deprecated === undefined ? {} : { deprecated }),
      connectors: descriptions,
      origin: { ...tools.origin, jsonPath },
      websocket: { path },
      group:
        part.description === undefined ? { name: service } : { name: service, description: part.description },
      fingerprint: canonicalJson(behaviour),
    },
    route: pubSubRoute({
      path,
      key,
      fingerprint: canonicalJson({ ...behaviour, service, rules: descriptions.map(ruleFingerprint) }),
      subscribe,
      publish,
      ignoreError,
      jsonPath,
      report: tools.reportRuntime,
    }),
  };
}

/** Compiles both connectors before it gives up, so that the faults of both are found. */
function compileConnectors(
  { subscribe, publish }: WebSocketRouteInput,
  jsonPath: string,
  { connectors }: CompileTools,
): CompiledConnectors | undefined {
  const options = { jsonPath, implicit: [], batching: false };
  const sources = { path: "text", query: "text" } as const;
  const compiled = {
    subscribe: subscribe && connectors.subscribe(subscribe, { ...options, sources }),
    publish:
      publish && connectors.compile({ publish }, { ...options, sources: { ...sources, message: "data" } }),
  };
  const failed =
    (subscribe !== undefined && compiled.subscribe === undefined) ||
    (publish !== undefined && compiled.publish === undefined);
  return failed ? undefined : compiled;
}

/** The rules of a connector (S6.4) without their documentation and their place in the fragment. */
function ruleFingerprint({ rules, possibleRules = [] }: ConnectorDescription): unknown {
  // Event names of functions are matched at run time. Then the patterns of the rules count too.
  return rules?.map(({ asks }) => asks) ?? possibleRules.map(({ names, asks }) => ({ names, asks }));
}
