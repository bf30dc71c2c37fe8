import type { ContextFactory } from "./context.ts";
import type { DirectorySnapshot } from "./directory.ts";
import type { EventSource } from "./events.ts";
import type { Logger } from "./logger.ts";
import type { Middleware } from "./middleware.ts";
import type { HttpRequest, Method } from "./request.ts";
import type { Reply } from "./route.ts";
import type { Scope } from "./scope.ts";
import type { Version } from "./version.ts";

/** Listens, dispatches requests to routes and answers them (S12). Independent of protocols. */
export interface Server {
  readonly contract: 2;
  /** The name of the server in log lines. */
  readonly name: string;
  /** Paths that the server itself serves. Fragments cannot define routes there. */
  readonly reserved?: readonly string[];
  /** The factories of the server's context values. */
  readonly contexts: readonly ContextFactory[];
  /** Opens the listeners and resolves when they accept connections. */
  start(api: ServedApi): Promise<readonly Listening[]>;
  /** Stops accepting, waits for running requests, and closes WebSockets with 1001 (S12.1). Idempotent. */
  stop(): Promise<void>;
}

/** Describes one open listener of a server. */
export interface Listening {
  readonly protocol: "http" | "https";
  /** The address that it is bound to. */
  readonly host: string;
  /** The actual port, also where the configuration has port 0. */
  readonly port: number;
  /** The URL for clients, such as `http://127.0.0.1:8080`. */
  readonly url: string;
}

/** The API that a server serves. `find` and `health` return the current state on each call. */
export interface ServedApi {
  /**
   * Finds the version that a branch and a tag name. Costs two look-ups. An older version can be `evicted`:
   * then it must be compiled again first (S9.5). The newest version of master is never evicted.
   * @param tag undefined or `latest`: the newest version
   */
  find(branch: string, tag: string | undefined): Served | NotServed;
  /** The gateway's own pages below `/~`, such as the status and the catalog. */
  readonly pages: readonly GatewayPage[];
  /** All context factories: those of the server and of plugins. */
  readonly contexts: readonly ContextFactory[];
  /**
   * The middleware in the configured order. The server runs its hooks; the gateway starts and disposes it.
   */
  readonly middleware: readonly Middleware[];
  /** The state for the health endpoints (S12.6). */
  health(): GatewayHealth;
  readonly events: EventSource;
  /**
   * Calls the listener after each swap of a branch's newest version.
   * @returns a function that removes the listener
   */
  onSwap(listener: (branch: string) => void): () => void;
  readonly logger: Logger;
}

/** The two immutable objects that serve a request. */
export interface Served {
  readonly version: Version;
  /** The services and actions that the branch can reach. */
  readonly directory: DirectorySnapshot;
}

/**
 * Why no version can serve a request. `starting` is answered with 503, `evicted` compiles the version, the
 * others with 404.
 */
export interface NotServed {
  /** Always undefined: distinguishes it from `Served`. */
  readonly version?: undefined;
  readonly missing: "branch" | "tag" | "starting" | "evicted";
  /** Compiles an evicted version. Present only where `missing` is `evicted`. */
  readonly recompile?: () => Promise<Served | NotServed>;
}

/**
 * Who can use the gateway's own pages: every client, clients on the same host, or clients with a scope
 * (S9.11).
 */
export type Access = "open" | "local" | { readonly scope: string };

/**
 * One of the gateway's own pages, such as `/~status` and `/~branch/~status`. Served also while no version is.
 */
export interface GatewayPage {
  readonly method: Method;
  /** The path without the branch's prefix, without parameters: `/~status`, `/~catalog/openapi.json`. */
  readonly path: string;
  /** True: the page also serves all paths below its own; it reads `request.path`. Default false. */
  readonly prefix?: boolean;
  /** The clients that can use it. Others receive 404. */
  readonly access: Access;
  /**
   * Handles a request.
   * @param scope its `version` is empty where no version is found
   * @param served the version that the request's branch and tag name
   */
  handle(request: HttpRequest, scope: Scope, served: Served | NotServed): Reply | Promise<Reply>;
}

/** The state of the gateway, as the health checks report it (S12.6). */
export interface GatewayHealth {
  /**
   * `failed`: a fault that only a restart mends. `disconnected`: all brokers have been without their
   * connection for more than 30 s.
   */
  readonly state: "starting" | "running" | "disconnected" | "stopping" | "failed";
  /** What the gateway waits for, the errors, or what it lacks while it is running. */
  readonly reasons: readonly string[];
}
