import type { ContextFactory } from "./context.ts";
import type { DirectorySnapshot } from "./directory.ts";
import type { EventSource } from "./events.ts";
import type { Logger } from "./logger.ts";
import type { HttpRequest, Method } from "./request.ts";
import type { Reply } from "./route.ts";
import type { Scope } from "./scope.ts";
import type { Version } from "./version.ts";

/** Listens, dispatches, answers (S12). It mounts versions and runs routes; it never sees a protocol. */
export interface Server {
  /** The contract's number. */
  readonly contract: 1;
  /** Its name in logs. */
  readonly name: string;
  /** Paths that it serves itself: no route may lie there. */
  readonly reserved?: readonly string[];
  /** The context values that it makes. */
  readonly contexts: readonly ContextFactory[];
  /** Opens its listeners. Resolves when they are open. */
  start(api: ServedApi): Promise<readonly Listening[]>;
  /** Stops accepting, lets what runs finish, closes sockets with 1001 (S12.1). Idempotent. */
  stop(): Promise<void>;
}

/** One open listener. */
export interface Listening {
  /** `http` or `https`. */
  readonly protocol: "http" | "https";
  /** The address that it is bound to. */
  readonly host: string;
  /** The port, also where 0 was asked for. */
  readonly port: number;
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
}

/** What a server serves: the newest of everything, each time it asks. */
export interface ServedApi {
  /**
   * What a branch and a tag name now. `tag` undefined or `latest`: the newest. Two lookups and no work; what is there but
   * must be compiled first is `dormant` (S9.5), which master's newest never is.
   */
  find(branch: string, tag: string | undefined): Served | NotServed;
  /** The gateway's own pages below `/~`: status, catalog. */
  readonly pages: readonly GatewayPage[];
  /** Every context factory, the server's own and third parties'. */
  readonly contexts: readonly ContextFactory[];
  /** For the health endpoints (S12.6). */
  health(): GatewayHealth;
  /** Where events come from. */
  readonly events: EventSource;
  /** Calls back after a branch's newest version changed. Returns what ends it. */
  onSwap(listener: (branch: string) => void): () => void;
  /** Told of every request that is dispatched, where somebody listens. */
  readonly logger: Logger;
}

/** The two immutable things that a request reads. */
export interface Served {
  /** The compiled API. */
  readonly version: Version;
  /** Which actions there are, seen from the branch. */
  readonly directory: DirectorySnapshot;
}

/** Why nothing is served: `starting` answers 503, `dormant` is woken, the others answer 404 that says which. */
export interface NotServed {
  /** Never set. */
  readonly version?: undefined;
  /** What is missing. */
  readonly missing: "branch" | "tag" | "starting" | "evicted";
  /** Of what is `dormant`: compiles it. */
  readonly recompile?: () => Promise<Served | NotServed>;
}

/** Who may use something of the gateway's own (S9.11). */
export type Access = "open" | "local" | { readonly scope: string };

/** One of the gateway's own pages: `/~status`, `/~branch/~status`. It is served also while nothing else is. */
export interface GatewayPage {
  /** Its method. */
  readonly method: Method;
  /** Below the branch's prefix, no parameters: `/~status`, `/~catalog/openapi.json`. */
  readonly path: string;
  /** True: it owns what lies below its path too, and reads it from `request.path`. Default false. */
  readonly below?: boolean;
  /** Who may see it; others get 404. */
  readonly access: Access;
  /** Answers. `served` is what the request's branch and tag name; `scope.version` is empty where they name nothing. */
  handle(request: HttpRequest, scope: Scope, served: Served | NotServed): Reply | Promise<Reply>;
}

/** How the gateway does (the seed's table). */
export interface GatewayHealth {
  /** Which column of the table. */
  readonly state: "starting" | "running" | "stopping" | "failed";
  /** What it waits for, or what failed. */
  readonly reasons: readonly string[];
}
