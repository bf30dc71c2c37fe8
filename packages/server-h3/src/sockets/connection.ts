import type {
  Connection,
  DirectorySnapshot,
  Scope,
  Served,
  ServedApi,
  Version,
  WebSocketRoute,
} from "@tidegate/core-registry";
import type { SocketRouter } from "../dispatch/router.ts";

/** Where a connection began. */
export interface ConnectionInput {
  /** What is served. */
  readonly api: ServedApi;
  /** The routes of a version. */
  readonly routesOf: (version: Version) => SocketRouter;
  /** The branch that it came in on. */
  readonly branch: string;
  /** Whether it asked for a version, and stays on it. */
  readonly pinned: boolean;
  /** What was served then. */
  readonly served: Served;
  /** The route that took it. */
  readonly route: WebSocketRoute;
  /** The socket's own scope. */
  readonly scope: Scope;
}

/** A connection's place in time (S6.4), as the server sees it. */
export interface ServerConnection extends Connection {
  /** The branch that it came in on. */
  readonly branch: string;
  /** Whether its route is still what it was, its rules included, or it may stay with what was. */
  isCurrent(): boolean;
  /** Tells whoever listens that the branch has a newer version. */
  swapped(): void;
}

interface Place {
  readonly version: Version;
  readonly directory: DirectorySnapshot;
  readonly route: WebSocketRoute;
}

/** Follows a connection through the versions of its branch. */
export function createConnection(input: ConnectionInput): ServerConnection {
  const { api, routesOf, branch, pinned, served, route, scope } = input;
  const listeners = new Set<() => void>();
  /** Where it was last on the newest version. */
  let last: Place = { ...served, route };

  const newest = (version: Version): WebSocketRoute | undefined =>
    version === served.version ? route : routesOf(version).named(route.key);

  /** Now: on the newest version where the route is there, else where it began, with the newest directory. */
  const place = (): Place => {
    const now = api.find(branch, undefined);
    if (now.version === undefined) {
      // It sleeps (S9.5): what the connection has goes on, and its next operation finds the newest.
      now.recompile?.().catch(() => undefined);
      return last;
    }
    const found = pinned ? undefined : newest(now.version);
    if (found === undefined) return { version: served.version, directory: now.directory, route };
    last = { ...now, route: found };
    return last;
  };

  return {
    branch,
    route: () => place().route,
    scope: () => {
      const { version, directory } = place();
      return scope.fork({ version: version.id, rules: version.rules, directory });
    },
    onSwap: (listener) => {
      if (!pinned) listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    isCurrent: () => {
      if (pinned) return true;
      const now = api.find(branch, undefined);
      return now.version === undefined || newest(now.version)?.fingerprint === route.fingerprint;
    },
    swapped: () => {
      for (const listener of [...listeners]) listener();
    },
  };
}
