import {
  type Compiled,
  type CompileTools,
  type Connector,
  type ConnectorOptions,
  defineProtocol,
  type Protocol,
  type SubscribeConnector,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import { canonicalJson, compileRoutes, knownPath, routePattern } from "@tidegate/core-registry/runtime";
import { pubSubRoute } from "./route.ts";
import { type WebSocketInput, type WebSocketRouteInput, webSocketSchema } from "./schema.ts";

interface CompiledConnectors {
  readonly subscribe: SubscribeConnector | undefined;
  readonly publish: Connector | undefined;
}

/** Creates the protocol `WebSocket` (S6): paths whose sockets get events, publish their messages, or both. */
export function webSocket(): Protocol<WebSocketInput> {
  return defineProtocol({
    name: "WebSocket",
    schema: webSocketSchema,
    sources: {
      path: { values: "text", fromClient: true },
      query: { values: "text", fromClient: true },
      message: { values: "data", fromClient: true },
    },
    fingerprint,
    compile,
  });
}

/** The fingerprint of a part leaves out its documentation (S1.4). */
function fingerprint(input: WebSocketInput): unknown {
  const { description: _, routes = [], ...part } = input;
  return { ...part, routes: routes.map(({ description: _, deprecated: __, ...route }) => route) };
}

/**
 * Compiles the part of one fragment (S6.1) to routes. Faults go to `tools.addFinding`.
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
): WebSocketRoute | undefined {
  const pattern = routePattern(input.path, part.basePath, jsonPath, tools);
  const known = pattern === undefined ? {} : { path: knownPath(pattern) };
  const connectors = compileConnectors(input, { jsonPath, known }, tools);
  if (pattern === undefined || connectors === undefined) return undefined;

  const { path } = pattern;
  const { description, deprecated } = input;
  const { subscribe, publish } = connectors;
  const ignoreError = input.ignoreError === true;
  return pubSubRoute({
    path,
    endpoint: {
      jsonPath,
      ...(description === undefined ? {} : { description }),
      ...(deprecated === undefined ? {} : { deprecated }),
      connectors: [subscribe, publish].flatMap((connector) => connector?.description ?? []),
      ...(part.description === undefined
        ? {}
        : { group: { name: tools.origin.service, description: part.description } }),
      fingerprint: canonicalJson({ path, ignoreError, subscribe: input.subscribe, publish: input.publish }),
    },
    subscribe,
    publish,
    ignoreError,
    jsonPath,
    report: tools.reportRuntime,
  });
}

/** Compiles both connectors before it gives up, so that the faults of both are found. */
function compileConnectors(
  { subscribe, publish }: WebSocketRouteInput,
  options: ConnectorOptions,
  { connectors }: CompileTools,
): CompiledConnectors | undefined {
  const compiled = {
    subscribe: subscribe && connectors.subscribe(subscribe, { ...options, sources: ["path", "query"] }),
    publish: publish && connectors.compile({ publish }, options),
  };
  const failed =
    (subscribe !== undefined && compiled.subscribe === undefined) ||
    (publish !== undefined && compiled.publish === undefined);
  return failed ? undefined : compiled;
}
