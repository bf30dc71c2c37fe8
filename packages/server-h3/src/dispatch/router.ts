import type { HttpRoute, Method, Route, Version, WebSocketRoute } from "@tidegate/core-registry";
import { remember } from "./remember.ts";
import type { Match } from "./target.ts";
import { createTrees, type TreesInput } from "./tree.ts";

/** What routers of both kinds have. */
interface Prepared {
  /** Makes what the first look-ups would have to make, a little with each `next`. */
  prepare(): Iterator<void>;
}

/** Finds HTTP routes. Immutable: a version has one for its life. */
export interface Router extends Prepared {
  /** The route of a normalised path; HEAD follows GET. */
  find(method: string, path: string): Match | undefined;
  /** The methods that a path has: none where no route fits. */
  methods(path: string): readonly Method[];
}

/** Finds WebSocket routes. Immutable: a version has one for its life. */
export interface SocketRouter extends Prepared {
  /** The route of a normalised path. */
  find(path: string): Match<WebSocketRoute> | undefined;
  /** The route of a key: what a socket's route has become. */
  named(key: string): WebSocketRoute | undefined;
}

/** Who is told what happens to routes. */
export type RouterInput = Pick<TreesInput<Route>, "refused" | "made">;

/** The part of a version that routers are made of. */
export type Routed = Pick<Version, "routes">;

/** Every method that a route can have. */
export const everyMethod: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/**
 * Gives versions their routers of HTTP routes; what is made of a slice is kept as long as the slice is.
 * Static beats regex beats parameter beats rest; of equal shapes the first one counts.
 */
export function createRouters(input: RouterInput): (version: Routed) => Router {
  const treeOf = createTrees<HttpRoute>({
    ...input,
    isKind: (route) => route.kind === "http",
    methodOf: (route) => route.method,
  });
  return remember(({ routes }: Routed): Router => {
    const tree = treeOf(routes);
    return {
      find: (method, path) => tree.find(method === "HEAD" ? "GET" : method, path),
      methods: (path) => everyMethod.filter((method) => tree.find(method, path) !== undefined),
      prepare: tree.prepare,
    };
  });
}

/** Gives versions their routers of WebSocket routes, by the same rules. */
export function createSocketRouters(input: RouterInput): (version: Routed) => SocketRouter {
  const isKind = (route: Route): route is WebSocketRoute => route.kind === "websocket";
  const treeOf = createTrees<WebSocketRoute>({ ...input, isKind, methodOf: () => "GET" });
  return remember(({ routes }: Routed): SocketRouter => {
    const tree = treeOf(routes);
    let byKey: ReadonlyMap<string, WebSocketRoute> | undefined;
    return {
      find: (path) => tree.find("GET", path),
      named: (key) => {
        byKey ??= new Map(routes.flatMap((slice) => slice.filter(isKind).map((route) => [route.key, route])));
        return byKey.get(key);
      },
      prepare: tree.prepare,
    };
  });
}
