import {
  type Claim,
  type Compiled,
  type CompileTools,
  canonicalJson,
  type Endpoint,
  type EndpointConnectors,
  type HttpRoute,
  jsonPath,
  liesOn,
  type Method,
  normalizeConnectors,
  type PathPattern,
  parsePattern,
} from "@tidegate/core-registry";
import { restRoute } from "./route.ts";
import type { RestInput, RestRouteInput } from "./schema.ts";

interface CompiledRoute {
  readonly claims: readonly Claim[];
  readonly endpoint: Endpoint;
  readonly route: HttpRoute;
}

/** Compiles one fragment's part (S4): its claims, endpoints and routes. What is wrong goes to `tools.found`. */
export function compilePart(input: RestInput, tools: CompileTools): Compiled {
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
  part: RestInput,
  input: RestRouteInput,
  place: string,
  tools: CompileTools,
): CompiledRoute | undefined {
  const pattern = compilePath(part, input, place, tools);
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
      essence: essenceOf(method, pattern, ignoreError, endpoint),
    },
    route: restRoute({
      method,
      path: pattern.path,
      connector,
      ignoreError,
      // A payload is what the client sent: `$headers` in it must not become headers of the answer.
      plain: endpoint.publish !== undefined && endpoint.publish.map === undefined,
      place: { jsonPath: place, report: tools.report },
    }),
  };
}

function compilePath(
  part: RestInput,
  input: RestRouteInput,
  place: string,
  tools: CompileTools,
): PathPattern | undefined {
  const { pattern, problems } = parsePattern(input.path ?? "/", part.basePath);
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
    message: `${endpoint.label} is here twice: ${twin.label} at ${twin.jsonPath} answers the same requests.`,
    found: endpoint.label,
    hint: "Keep one of them, or give them different paths.",
  });
  return true;
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
