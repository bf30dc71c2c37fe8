import {
  expandPattern,
  type HttpRoute,
  type Method,
  type PathSegment,
  parsePattern,
  type Route,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import { addRoute, createRouter, findRoute, type RouterContext } from "rou3";

/** What a path leads to. */
export interface Match<Kind extends Route = HttpRoute> {
  /** The route. */
  readonly route: Kind;
  /** Its parameters, decoded once; without prototype. */
  readonly params: Readonly<Record<string, string>>;
}

/** Finds HTTP routes. Immutable: a version has one for its life. */
export interface Router {
  /** The route of a normalised path; HEAD follows GET. */
  find(method: string, path: string): Match | undefined;
  /** The methods that a path has: none where no route fits. */
  methods(path: string): readonly Method[];
}

/** Finds WebSocket routes. Immutable: a version has one for its life. */
export interface SocketRouter {
  /** The route of a normalised path. */
  find(path: string): Match<WebSocketRoute> | undefined;
  /** The route of a key: what a socket's route has become. */
  named(key: string): WebSocketRoute | undefined;
}

/** Told of a route that cannot be mounted; whoever made it should have told its owner. */
export type RefusedRoute = (route: Route, problem: string) => void;

interface Expansion {
  readonly pattern: string;
  readonly names: readonly string[];
}

interface Target<Kind extends Route> {
  readonly route: Kind;
  readonly names: readonly string[];
}

/** Every method that a route can have. */
export const everyMethod: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const noParams: Readonly<Record<string, string>> = Object.freeze(Object.create(null));
/** Routes that did not change are shared by versions: each is parsed once. */
const expansions = new WeakMap<Route, readonly Expansion[]>();

/** Makes the router of the HTTP routes. Static beats regex beats parameter beats rest; of equal shapes the first one counts. */
export function makeRouter(routes: readonly Route[], refused: RefusedRoute): Router {
  const http = routes.filter((route) => route.kind === "http");
  const table = makeTable(http, (route) => route.method, refused);
  return {
    find: (method, path) => lookUp(table, method === "HEAD" ? "GET" : method, path),
    methods: (path) => everyMethod.filter((method) => findRoute(table, method, path) !== undefined),
  };
}

/** Makes the router of the WebSocket routes, by the same rules. */
export function makeSocketRouter(routes: readonly Route[], refused: RefusedRoute): SocketRouter {
  const sockets = routes.filter((route) => route.kind === "websocket");
  const table = makeTable(sockets, () => "GET", refused);
  const byKey = new Map(sockets.map((route) => [route.key, route]));
  return {
    find: (path) => lookUp(table, "GET", path),
    named: (key) => byKey.get(key),
  };
}

function makeTable<Kind extends Route>(
  routes: readonly Kind[],
  methodOf: (route: Kind) => Method,
  refused: RefusedRoute,
): RouterContext<Target<Kind>> {
  const table = createRouter<Target<Kind>>();
  for (const route of routes) {
    try {
      for (const { pattern, names } of expansionsOf(route))
        addRoute(table, methodOf(route), pattern, { route, names });
    } catch (error) {
      refused(route, error instanceof Error ? error.message : String(error));
    }
  }
  return table;
}

function lookUp<Kind extends Route>(
  table: RouterContext<Target<Kind>>,
  method: string,
  path: string,
): Match<Kind> | undefined {
  const found = findRoute(table, method, path);
  return found && { route: found.data.route, params: readParams(found.data.names, found.params, path) };
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

function expansionsOf(route: Route): readonly Expansion[] {
  const known = expansions.get(route);
  if (known !== undefined) return known;
  const { pattern, problems } = parsePattern(route.path);
  if (pattern === undefined) throw new Error(problems.map((problem) => problem.message).join(" "));
  const made = expandPattern(pattern.segments).map((segments) => ({
    pattern: `/${segments.map(writeSegment).join("/")}`,
    names: segments.flatMap(nameOf),
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
