import type { HttpRoute } from "@tidegate/core-registry";
import { expandPattern, type PathSegment, parsePattern } from "@tidegate/core-registry/runtime";
import { addRoute, createRouter, findRoute } from "rou3";

/** Finds routes with one rou3 router of all routes. The route tree has to find the same. */
export function referenceRouter(routes: readonly HttpRoute[]) {
  const table = createRouter<{ route: HttpRoute; names: readonly string[] }>();
  for (const route of routes) {
    for (const segments of expansionsOf(route.path))
      addRoute(table, route.method, `/${segments.map(write).join("/")}`, {
        route,
        names: segments.flatMap((segment) => (segment.kind === "static" ? [] : (segment.name ?? []))),
      });
  }
  return (method: string, path: string) => {
    const found = findRoute(table, method, path);
    if (found === undefined) return undefined;
    const { route, names } = found.data;
    const values = names.map((name) => [name, found.params?.[name]] as const);
    const params = values.flatMap(([name, value]) =>
      value === undefined ? [] : [[name, decodeURIComponent(value)] as const],
    );
    return { route, params: Object.fromEntries(params) };
  };
}

/** Checking that a regex is linear takes long, so each path is expanded only once. */
const known = new Map<string, readonly (readonly PathSegment[])[]>();

function expansionsOf(path: string): readonly (readonly PathSegment[])[] {
  const made = known.get(path) ?? expandPattern(parsePattern(path).pattern?.segments ?? []);
  known.set(path, made);
  return made;
}

function write(segment: PathSegment): string {
  if (segment.kind === "static") return segment.text.replace(/[:*(){}?+\\]/g, "\\$&");
  if (segment.kind === "rest") return segment.name === undefined ? "**" : `**:${segment.name}`;
  return segment.regex === undefined ? `:${segment.name}` : `:${segment.name}(${segment.regex})`;
}
