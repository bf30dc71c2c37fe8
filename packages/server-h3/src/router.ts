import {
  type GatewayHealth,
  type HttpRoute,
  type Method,
  type Reply,
  type Route,
  type ServedApi,
  TidegateError,
  type Version,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import { memoize, routeKeys } from "@tidegate/core-registry/runtime";
import type { RouteMatch } from "./route-groups.ts";
import { RouteTree, RouteTrees, type RouteTreesInput } from "./route-tree.ts";

/** Something whose lookups can be prepared before a request needs them. */
interface Preparable {
  /** Builds what the first lookups would have to build; a small part with each `next`. */
  prepare(): Iterator<void>;
}

/** Finds the HTTP routes of a version. */
export interface Router extends Preparable {
  /** The route of a normalised path; HEAD finds the route of GET. */
  find(method: string, path: string): RouteMatch | undefined;
  /** The methods for which a path has a route. */
  methods(path: string): readonly Method[];
}

/** Finds the WebSocket routes of a version. */
export interface SocketRouter extends Preparable {
  /** The route of a normalised path. */
  find(path: string): RouteMatch<WebSocketRoute> | undefined;
  /** The route with a key; it identifies the route of an open socket in a newer version. */
  findByKey(key: string): WebSocketRoute | undefined;
}

/** The callbacks that every router of a server calls. */
export type RouterInput = Pick<RouteTreesInput<Route>, "onInvalidRoute" | "onNodeBuilt">;

/** The part of a version that routers are made from. */
export type VersionRoutes = Pick<Version, "routes">;

/** Every method that a route can have. */
export const allMethods: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** How many steps of a preparation run at a time: about a millisecond, for which requests wait. */
const stepsPerTurn = 100;

/**
 * Returns the function that gives a version its router of HTTP routes. Static segments take precedence over
 * regexes, regexes over parameters, parameters over the rest; of equal shapes the first route is used.
 */
export function createRouters(input: RouterInput): (version: VersionRoutes) => Router {
  const trees = new RouteTrees<HttpRoute>({
    ...input,
    isKind: (route) => route.kind === "http",
    methodOf: (route) => route.method,
  });
  return memoizeWithLast(({ routes }: VersionRoutes): Router => {
    const tree = new RouteTree(trees, routes);
    return {
      find: (method, path) => tree.find(method === "HEAD" ? "GET" : method, path),
      methods: (path) => allMethods.filter((method) => tree.find(method, path) !== undefined),
      prepare: () => tree.prepare(),
    };
  });
}

/** Returns the function that gives a version its router of WebSocket routes. Precedence is the same. */
export function createSocketRouters(input: RouterInput): (version: VersionRoutes) => SocketRouter {
  const isKind = (route: Route): route is WebSocketRoute => route.kind === "websocket";
  const trees = new RouteTrees<WebSocketRoute>({ ...input, isKind, methodOf: () => "GET" });
  return memoizeWithLast(({ routes }: VersionRoutes): SocketRouter => {
    const tree = new RouteTree(trees, routes);
    let byKey: ReadonlyMap<string, WebSocketRoute> | undefined;
    return {
      find: (path) => tree.find("GET", path),
      findByKey: (key) => {
        byKey ??= new Map(
          routes.flatMap((slice) => slice.filter(isKind).map((route) => [socketKey(route), route])),
        );
        return byKey.get(key);
      },
      prepare: () => tree.prepare(),
    };
  });
}

/** Identifies the route of an open socket in all versions of a branch. */
export function socketKey(route: WebSocketRoute): string {
  return routeKeys(route)[0] ?? route.path;
}

/** As `memoize`, with a shortcut for the key that was used last. */
function memoizeWithLast<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const memoized = memoize(make);
  let last: { readonly key: Key; readonly value: Value } | undefined;
  return (key) => {
    if (last?.key === key) return last.value;
    const value = memoized(key);
    last = { key, value };
    return value;
  };
}

/**
 * The reply to a request whose path and method no route matches (S4.1, S4.2).
 * @param methods the methods for which the path has a route
 * @throws `NOT_FOUND`, `METHOD_NOT_ALLOWED`; `STARTING` while the gateway starts, as more routes can follow
 */
export function unmatchedReply(method: string, methods: readonly string[], health: GatewayHealth): Reply {
  if (methods.length === 0)
    throw health.state === "starting" ? startingError() : new TidegateError("NOT_FOUND");
  const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
  if (method === "OPTIONS") return { status: 204, headers: [["allow", allow]], body: null };
  throw new TidegateError("METHOD_NOT_ALLOWED", undefined, { headers: [["allow", allow]] });
}

/** The error while the gateway has not compiled a version yet (S12.6). */
export function startingError(): TidegateError {
  return new TidegateError("STARTING", undefined, { retryAfter: 1 });
}

/**
 * Builds the routers of master's newest version when it is published, so that requests do not wait for it;
 * the routers of other branches are built when they are first used. A changed service is done in the next
 * turn of the event loop, a start with many services in portions between requests. Returns the function that
 * stops it.
 */
export function prepareMasterRouters(
  api: Pick<ServedApi, "find" | "onSwap">,
  routers: readonly ((version: Version) => Preparable)[],
): () => void {
  let steps: Iterator<void> | undefined;
  let scheduled: NodeJS.Immediate | undefined;

  const runSteps = (): void => {
    scheduled = undefined;
    for (let count = 0; count < stepsPerTurn && steps !== undefined; count += 1)
      if (steps.next().done === true) steps = undefined;
    if (steps !== undefined) scheduled = setImmediate(runSteps);
  };
  const start = (): void => {
    const { version } = api.find("master", undefined);
    if (version === undefined) return;
    // The new version replaces an unfinished preparation: it needs the same nodes or none of them.
    steps = preparationSteps(version, routers);
    scheduled ??= setImmediate(runSteps);
  };

  const stopListening = api.onSwap((branch) => {
    if (branch === "master") start();
  });
  start();
  return () => {
    stopListening();
    if (scheduled !== undefined) clearImmediate(scheduled);
  };
}

function* preparationSteps(
  version: Version,
  routers: readonly ((version: Version) => Preparable)[],
): Generator<void> {
  for (const routerOf of routers) {
    const steps = routerOf(version).prepare();
    while (steps.next().done !== true) yield;
  }
}
