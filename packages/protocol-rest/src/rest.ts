import {
  type Compiled,
  type CompileTools,
  defineProtocol,
  type EndpointConnectors,
  type KnownValue,
  type Method,
  type Protocol,
  type Route,
} from "@tidegate/core-registry";
import {
  canonicalJson,
  compileRoutes,
  knownPath,
  normalizeConnectors,
  type PathPattern,
  routePattern,
} from "@tidegate/core-registry/runtime";
import { restRoute } from "./route.ts";
import { type RestInput, type RestRouteInput, restSchema } from "./schema.ts";

/**
 * Creates the protocol `REST` (S4): routes of HTTP methods and paths, mapped to `call`, `publish` or `map`.
 */
export function rest(): Protocol<RestInput> {
  return defineProtocol({
    name: "REST",
    schema: restSchema,
    sources: {
      path: { values: "text", fromClient: true },
      query: { values: "text", fromClient: true },
      body: { values: "data", fromClient: true },
    },
    fingerprint,
    compile,
  });
}

/** The fingerprint of a part leaves out its documentation (S1.4). */
function fingerprint(input: RestInput): unknown {
  const { description: _, routes = [], ...part } = input;
  return { ...part, routes: routes.map(({ description: _, deprecated: __, ...route }) => route) };
}

/**
 * Compiles the part of one fragment (S4) to routes. Faults go to `tools.addFinding`.
 */
function compile(input: RestInput, tools: CompileTools): Compiled {
  return compileRoutes(input.routes ?? [], tools, (route, jsonPath) =>
    compileRoute(input, route, jsonPath, tools),
  );
}

function compileRoute(
  part: RestInput,
  input: RestRouteInput,
  jsonPath: string,
  tools: CompileTools,
): Route | undefined {
  const pattern = routePattern(input.path ?? "/", part.basePath, jsonPath, tools);
  const connectors = normalizeConnectors(input, () => undefined);
  if (connectors === undefined) return undefined;
  const connector = tools.connectors.compile(connectors, {
    jsonPath,
    implicit: ["path", hasBody(input.method) ? "body" : "query"],
    known: knownSources(input.method, pattern),
  });
  if (pattern === undefined || connector === undefined) return undefined;

  const { method, description, deprecated } = input;
  const { path } = pattern;
  const ignoreError = input.ignoreError === true;
  return restRoute({
    method,
    path,
    endpoint: {
      jsonPath,
      ...(description === undefined ? {} : { description }),
      ...(deprecated === undefined ? {} : { deprecated }),
      connectors: [connector.description],
      ...(part.description === undefined
        ? {}
        : { group: { name: tools.origin.service, description: part.description } }),
      fingerprint: endpointFingerprint(method, pattern, ignoreError, connectors),
    },
    connector,
    ignoreError,
    // `publish` returns what the client sent: `$headers` in it must not become headers of the reply.
    literal: connectors.publish !== undefined && connectors.publish.map === undefined,
    reporter: { jsonPath, report: tools.reportRuntime },
  });
}

// A DELETE request can have a body, although implicit params do not read it (S3.3).
function knownSources(method: Method, pattern: PathPattern | undefined): Record<string, KnownValue> {
  return {
    ...(pattern === undefined ? {} : { path: knownPath(pattern) }),
    ...(method === "GET" ? { body: "never" } : {}),
  };
}

function hasBody(method: Method): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}

function endpointFingerprint(
  method: Method,
  pattern: PathPattern,
  ignoreError: boolean,
  { call, publish, map }: EndpointConnectors,
): string {
  return canonicalJson({ method, path: pattern.path, ignoreError, call, publish, map });
}
