import {
  type Claim,
  type Compiled,
  type CompiledRoute,
  type CompileTools,
  canonicalJson,
  compileRoutes,
  type EndpointConnectors,
  type Method,
  normalizeConnectors,
  type PathPattern,
  routePattern,
} from "@tidegate/core-registry";
import { restRoute } from "./route.ts";
import type { RestInput, RestRouteInput } from "./schema.ts";

/** Compiles one fragment's part (S4): its claims, endpoints and routes. What is wrong goes to `tools.found`. */
export function compilePart(input: RestInput, tools: CompileTools): Compiled {
  return compileRoutes(input.routes ?? [], tools, (route, place) => compileRoute(input, route, place, tools));
}

function compileRoute(
  part: RestInput,
  input: RestRouteInput,
  place: string,
  tools: CompileTools,
): CompiledRoute | undefined {
  const pattern = routePattern(input.path ?? "/", part.basePath, place, tools);
  const endpoint = normalizeConnectors(input, () => undefined);
  if (endpoint === undefined) return undefined;
  const connector = tools.connectors.compile(endpoint, {
    jsonPath: place,
    sources: { path: "text", query: "text", body: "data" },
    implicit: ["path", hasBody(input.method) ? "body" : "query"],
    batching: false,
  });
  if (pattern === undefined || connector === undefined) return undefined;

  const { method } = input;
  const ignoreError = input.ignoreError === true;
  const label = `${method} ${pattern.path}`;
  const claims = pattern.shapes.map(
    (shape): Claim => ({ key: `${method} ${shape}`, label, jsonPath: place }),
  );
  const { service } = tools.origin;
  return {
    claims,
    endpoint: {
      protocol: "REST",
      key: claims[0]?.key ?? label,
      label,
      ...(input.description === undefined ? {} : { description: input.description }),
      ...(input.deprecated === undefined ? {} : { deprecated: input.deprecated }),
      connectors: [connector.description],
      origin: { ...tools.origin, jsonPath: place },
      http: { method, path: pattern.path },
      group:
        part.description === undefined ? { name: service } : { name: service, description: part.description },
      fingerprint: essenceOf(method, pattern, ignoreError, endpoint),
    },
    route: restRoute({
      method,
      path: pattern.path,
      connector,
      ignoreError,
      // A payload is what the client sent: `$headers` in it must not become headers of the answer.
      plain: endpoint.publish !== undefined && endpoint.publish.map === undefined,
      place: { jsonPath: place, report: tools.reportRuntime },
    }),
  };
}

function hasBody(method: Method): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}

function essenceOf(
  method: Method,
  pattern: PathPattern,
  ignoreError: boolean,
  endpoint: EndpointConnectors,
): string {
  const { call, publish, map } = endpoint;
  return canonicalJson({ method, path: pattern.path, ignoreError, call, publish, map });
}
