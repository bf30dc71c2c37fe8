import { z } from "zod";
import type { SubscribeConfig } from "../../../src/contracts/connector.ts";
import type { CompileTools, Protocol } from "../../../src/contracts/protocol.ts";
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
import { compileRoutes, routePattern } from "../../../src/runtime/routing/routes.ts";
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

const text = { values: "text", fromClient: true } as const;
const data = { values: "data", fromClient: true } as const;

/** A protocol like REST: routes with a method, a path and one connector. */
export const rest: Protocol<RoutesPart<TestRoute>> = {
  contract: 2,
  name: "REST",
  schema: routesSchema("REST", route),
  sources: { path: text, query: text, body: data },
  fingerprint: undocumented,
  compile: (part, tools) =>
    compileRoutes(part.routes ?? [], tools, (input, place) => restRoute(part, input, place, tools)),
};

/** A protocol like WebSocket: routes that receive and send events. */
export const webSocket: Protocol<RoutesPart<TestRoute>> = {
  contract: 2,
  name: "WebSocket",
  schema: routesSchema("WebSocket", route),
  sources: { path: text, query: text, message: data },
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
): Route | undefined {
  const { method = "GET" } = input;
  const pattern = routePattern(input.path, basePath, place, tools);
  const written = normalizeConnectors(input, () => undefined);
  const connector =
    written &&
    tools.connectors.compile(written, { jsonPath: place, implicit: ["path", "query"], batching: true });
  if (pattern === undefined || written === undefined || connector === undefined) return undefined;
  const { call, publish, map } = written;
  const { path } = pattern;
  return {
    kind: "http",
    method,
    path,
    endpoint: {
      jsonPath: place,
      connectors: [connector.description],
      fingerprint: canonicalJson({ method, path, call, publish, map }),
    },
    handle: () => ({ status: 200, headers: [], body: null }),
  };
}

function socketRoute(
  { basePath }: RoutesPart<TestRoute>,
  input: TestRoute,
  place: string,
  tools: CompileTools,
): Route | undefined {
  const pattern = routePattern(input.path, basePath, place, tools);
  if (pattern === undefined) return undefined;
  const { subscribe, publish } = input;
  const connectors = [
    subscribe && tools.connectors.subscribe(subscribe, { jsonPath: place, sources: ["path", "query"] }),
    publish && tools.connectors.compile({ publish }, { jsonPath: place }),
  ];
  const { path } = pattern;
  return {
    kind: "websocket",
    path,
    endpoint: {
      jsonPath: place,
      connectors: connectors.flatMap((each) => (each === undefined ? [] : [each.description])),
      fingerprint: canonicalJson({ path, subscribe, publish }),
    },
    accept: () => ({ accept: true }),
    open: async () => undefined,
  };
}
