import { z } from "zod";
import type { ConnectorDescription, SubscribeConfig } from "../../../src/contracts/connector.ts";
import type { Claim, CompileTools, Protocol } from "../../../src/contracts/protocol.ts";
import type { Method } from "../../../src/contracts/request.ts";
import type { Route } from "../../../src/contracts/route.ts";
import {
  type ConnectorInput,
  callSchema,
  normalizeConnectors,
  publishSchema,
  subscribeSchema,
} from "../../../src/runtime/connectors/schema.ts";
import { canonicalJson } from "../../../src/runtime/fragment/canonical.ts";
import { type CompiledRoute, compileRoutes, routePattern } from "../../../src/runtime/routing/routes.ts";
import { type RoutesPart, routesSchema } from "../../../src/runtime/routing/schema.ts";

interface TestRoute extends ConnectorInput {
  readonly method?: Method | undefined;
  readonly path: string;
  readonly description?: string | undefined;
  readonly subscribe?: SubscribeConfig | undefined;
}

const route: z.ZodType<TestRoute> = z.strictObject({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).optional(),
  path: z.string(),
  description: z.string().optional(),
  call: callSchema.optional(),
  publish: publishSchema.optional(),
  subscribe: subscribeSchema.optional(),
  map: z.string().optional(),
});

/** A protocol like REST: routes with a method, a path and one connector. */
export const rest: Protocol<RoutesPart<TestRoute>> = {
  contract: 2,
  key: "REST",
  schema: routesSchema("REST", route),
  fingerprint: undocumented,
  compile: (part, tools) =>
    compileRoutes(part.routes ?? [], tools, (input, place) => restRoute(part, input, place, tools)),
};

/** A protocol like WebSocket: routes that receive and send events. */
export const webSocket: Protocol<RoutesPart<TestRoute>> = {
  contract: 2,
  key: "WebSocket",
  schema: routesSchema("WebSocket", route),
  fingerprint: undocumented,
  compile: (part, tools) =>
    compileRoutes(part.routes ?? [], tools, (input, place) => socketRoute(part, input, place, tools)),
};

function undocumented({ routes = [], basePath }: RoutesPart<TestRoute>): unknown {
  return { basePath, routes: routes.map(({ description: _, ...rest }) => rest) };
}

function restRoute(
  { basePath }: RoutesPart<TestRoute>,
  input: TestRoute,
  place: string,
  tools: CompileTools,
): CompiledRoute | undefined {
  const { method = "GET" } = input;
  const pattern = routePattern(input.path, basePath, place, tools);
  const written = normalizeConnectors(input, () => undefined);
  const connector =
    written &&
    tools.connectors.compile(written, {
      jsonPath: place,
      sources: { path: "text", query: "text", body: "data" },
      implicit: ["path", "query"],
      batching: true,
    });
  if (pattern === undefined || written === undefined || connector === undefined) return undefined;
  const { call, publish, map } = written;
  return compiled(tools, place, [connector.description], {
    label: `${method} ${pattern.path}`,
    keys: pattern.shapes.map((shape) => `${method} ${shape}`),
    at: { http: { method, path: pattern.path } },
    fingerprint: canonicalJson({ method, path: pattern.path, call, publish, map }),
  });
}

function socketRoute(
  { basePath }: RoutesPart<TestRoute>,
  input: TestRoute,
  place: string,
  tools: CompileTools,
): CompiledRoute | undefined {
  const pattern = routePattern(input.path, basePath, place, tools);
  if (pattern === undefined) return undefined;
  const { subscribe, publish } = input;
  const options = { jsonPath: place, implicit: [], batching: false };
  const sources = { path: "text", query: "text" } as const;
  const connectors = [
    subscribe && tools.connectors.subscribe(subscribe, { ...options, sources }),
    publish &&
      tools.connectors.compile({ publish }, { ...options, sources: { ...sources, message: "data" } }),
  ];
  return compiled(
    tools,
    place,
    connectors.flatMap((each) => (each === undefined ? [] : [each.description])),
    {
      label: `WS ${pattern.path}`,
      keys: pattern.shapes.map((shape) => `WS ${shape}`),
      at: { websocket: { path: pattern.path } },
      fingerprint: canonicalJson({ path: pattern.path, subscribe, publish }),
    },
  );
}

interface Described {
  readonly label: string;
  readonly keys: readonly string[];
  readonly at: { readonly http?: { method: Method; path: string }; readonly websocket?: { path: string } };
  readonly fingerprint: string;
}

function compiled(
  tools: CompileTools,
  place: string,
  connectors: readonly ConnectorDescription[],
  { label, keys, at, fingerprint }: Described,
): CompiledRoute {
  const route: Route = {
    kind: "http",
    method: "GET",
    path: "/",
    handle: () => ({ status: 200, headers: [], body: null }),
  };
  return {
    claims: keys.map((key): Claim => ({ key, label, jsonPath: place })),
    endpoint: {
      protocol: tools.origin.jsonPath.slice("protocol.".length),
      key: keys[0] ?? label,
      label,
      connectors,
      origin: { ...tools.origin, jsonPath: place },
      ...at,
      fingerprint,
    },
    route,
  };
}
