import {
  expandPattern,
  type HttpRoute,
  type Method,
  type PathSegment,
  parsePattern,
  type Route,
} from "@tidegate/core-registry";
import { addRoute, createRouter, findRoute } from "rou3";

/** What a path and method lead to. */
export interface Match {
  /** The route. */
  readonly route: HttpRoute;
  /** Its parameters, decoded once; without prototype. */
  readonly params: Readonly<Record<string, string>>;
}

/** Finds routes. Immutable: a version has one for its life. */
export interface Router {
  /** The route of a normalised path; HEAD follows GET. */
  find(method: string, path: string): Match | undefined;
  /** The methods that a path has: none where no route fits. */
  methods(path: string): readonly Method[];
}

interface Expansion {
  readonly pattern: string;
  readonly target: Target;
}

interface Target {
  readonly route: HttpRoute;
  readonly names: readonly string[];
}

/** Every method that a route can have. */
export const everyMethod: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const noParams: Readonly<Record<string, string>> = Object.freeze(Object.create(null));
/** Routes that did not change are shared by versions: each is parsed once. */
const expansions = new WeakMap<Route, readonly Expansion[]>();

/**
 * Makes the router of some routes. Static beats regex beats parameter beats rest; of equal shapes the first one counts.
 * @param refused told of routes that cannot be mounted; whoever made them should have told their owner
 */
export function makeRouter(
  routes: readonly Route[],
  refused: (route: Route, problem: string) => void,
): Router {
  const table = createRouter<Target>();
  for (const route of routes) {
    // WebSocket routes are found by the upgrade, which has a table of its own.
    if (route.kind !== "http") continue;
    try {
      for (const { pattern, target } of expansionsOf(route)) addRoute(table, route.method, pattern, target);
    } catch (error) {
      refused(route, error instanceof Error ? error.message : String(error));
    }
  }
  return {
    find: (method, path) => {
      const found = findRoute(table, method === "HEAD" ? "GET" : method, path);
      return found && { route: found.data.route, params: readParams(found.data.names, found.params, path) };
    },
    methods: (path) => everyMethod.filter((method) => findRoute(table, method, path) !== undefined),
  };
}

function readParams(
  names: readonly string[],
  found: Record<string, string> | undefined,
  path: string,
): Readonly<Record<string, string>> {
  if (found === undefined || names.length === 0) return noParams;
  const encoded = path.includes("%");
  const params: Record<string, string> = Object.create(null);
  for (const name of names) {
    const value = found[name];
    if (value !== undefined) params[name] = encoded ? decodeURIComponent(value) : value;
  }
  return params;
}

function expansionsOf(route: HttpRoute): readonly Expansion[] {
  const known = expansions.get(route);
  if (known !== undefined) return known;
  const { pattern, problems } = parsePattern(route.path);
  if (pattern === undefined) throw new Error(problems.map((problem) => problem.message).join(" "));
  const made = expandPattern(pattern.segments).map((segments) => ({
    pattern: `/${segments.map(writeSegment).join("/")}`,
    target: { route, names: segments.flatMap(nameOf) },
  }));
  expansions.set(route, made);
  return made;
}

function nameOf(segment: PathSegment): readonly string[] {
  return segment.kind === "static" || segment.name === undefined ? [] : [segment.name];
}

/** A segment in rou3's words. */
function writeSegment(segment: PathSegment): string {
  if (segment.kind === "static") return segment.text.replace(/[:*(){}?+\\]/g, "\\$&");
  if (segment.kind === "rest") return segment.name === undefined ? "**" : `**:${segment.name}`;
  return segment.regex === undefined ? `:${segment.name}` : `:${segment.name}(${segment.regex})`;
}
