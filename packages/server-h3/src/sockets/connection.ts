import type {
  Connection,
  DirectorySnapshot,
  Scope,
  Served,
  ServedApi,
  Version,
  WebSocketRoute,
} from "@tidegate/core-registry";
import { socketFingerprint } from "@tidegate/core-registry/runtime";
import { type SocketRouter, socketKey } from "../router.ts";

/** What an upgrade leads to, and so where a connection starts. */
export interface SocketTarget {
  readonly branch: string;
  /** Whether the client asked for a version by tag; the connection then stays on it. */
  readonly isPinned: boolean;
  readonly served: Served;
  readonly route: WebSocketRoute;
}

/** What a connection is made with. */
export interface ConnectionInput extends SocketTarget {
  readonly api: ServedApi;
  readonly socketRouterOf: (version: Version) => SocketRouter;
  readonly scope: Scope;
}

/** A connection as its route sees it (S6.4), with what the server needs beside. */
export interface ServerConnection extends Connection {
  readonly branch: string;
  /** False: on the newest version, the route or one of its rules has changed or is gone. */
  isCurrent(): boolean;
  /** Calls the swap listeners of the route. */
  notifySwap(): void;
}

interface Position {
  readonly version: Version;
  readonly directory: DirectorySnapshot;
  readonly route: WebSocketRoute;
}

/** Makes the object that follows a connection through the versions of its branch. */
export function createConnection(input: ConnectionInput): ServerConnection {
  const { api, socketRouterOf, branch, isPinned, served, route, scope } = input;
  const listeners = new Set<() => void>();
  let lastPosition: Position = { ...served, route };

  const routeIn = (version: Version): WebSocketRoute | undefined =>
    version === served.version ? route : socketRouterOf(version).findByKey(socketKey(route));

  /** The newest version if it has the route, else the first one, with the newest directory. */
  const currentPosition = (): Position => {
    const now = api.find(branch, undefined);
    if (now.version === undefined) {
      // The version was evicted (S9.5). The connection keeps its version until the newest one is compiled.
      now.recompile?.().catch(() => undefined);
      return lastPosition;
    }
    const found = isPinned ? undefined : routeIn(now.version);
    if (found === undefined) return { version: served.version, directory: now.directory, route };
    lastPosition = { ...now, route: found };
    return lastPosition;
  };

  return {
    branch,
    route: () => currentPosition().route,
    scope: () => {
      const { version, directory } = currentPosition();
      return scope.fork({ version: version.id, rules: version.rules, directory });
    },
    onSwap: (listener) => {
      if (!isPinned) listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    isCurrent: () => {
      if (isPinned) return true;
      const now = api.find(branch, undefined);
      if (now.version === undefined) return true;
      const newest = routeIn(now.version);
      return newest !== undefined && socketFingerprint(newest) === socketFingerprint(route);
    },
    notifySwap: () => {
      for (const listener of [...listeners]) listener();
    },
  };
}
