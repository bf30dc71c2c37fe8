import type { Route } from "@tidegate/core-registry";
import type { PathSegment } from "@tidegate/core-registry/runtime";
import { expandPattern, parsePattern } from "@tidegate/core-registry/runtime";
import { httpRequest } from "../request.ts";
import type { RouteExample } from "./driver.ts";

/** A route that serves a request, with the parameters of its path. */
export interface FoundRoute {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Returns the first route that serves the request of an example. */
export function findRoute(routes: readonly Route[], example: RouteExample): FoundRoute | undefined {
  const { method, path } = httpRequest(example);
  const isSocket = example.messages !== undefined;
  for (const route of routes) {
    const isMethod = route.kind === "http" ? route.method === method && !isSocket : isSocket;
    const params = isMethod ? paramsOf(route.path, path) : undefined;
    if (params !== undefined) return { route, params: { ...params, ...example.params } };
  }
  return undefined;
}

function paramsOf(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const { pattern: parsed } = parsePattern(pattern);
  const texts = path.split("/").filter((text) => text !== "");
  for (const segments of parsed === undefined ? [] : expandPattern(parsed.segments)) {
    const params = match(segments, texts);
    if (params !== undefined) return params;
  }
  return undefined;
}

function match(
  segments: readonly PathSegment[],
  texts: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    if (segment.kind === "rest") {
      if (segment.name !== undefined) params[segment.name] = texts.slice(index).join("/");
      return params;
    }
    const text = texts[index];
    if (text === undefined) return undefined;
    if (segment.kind === "static" && segment.text !== text) return undefined;
    if (segment.kind === "parameter") params[segment.name] = decodeURIComponent(text);
  }
  return texts.length === segments.length ? params : undefined;
}
