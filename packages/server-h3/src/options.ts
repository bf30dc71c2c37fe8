import type { Access, Clock } from "@tidegate/core-registry";
import type { AuthParsers } from "./context/auth.ts";

/** Options of the server. All have safe defaults. */
export interface H3ServerOptions {
  /** The address to bind. Default `127.0.0.1`; `0.0.0.0` listens on all IPv4 addresses. */
  readonly host?: string;
  /** Default 8080; 0 takes a free port. */
  readonly port?: number;
  /** Who can use branches other than master, and versions other than the newest (S9.11). Default `local`. */
  readonly access?: { readonly branches?: Access; readonly versions?: Access };
  /** How a request without a branch prefix in its path can select a branch (S9.5). Default: it cannot. */
  readonly branch?: BranchOptions;
  /** The parser of each `Authorization` scheme (S12.4). Default: none, and `auth` is always undefined. */
  readonly auth?: AuthParsers;
  /** Addresses and subnets of the proxies whose `X-Forwarded-For` is trusted. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Maximum size in bytes of a body that is buffered (JSON, text, form fields). Default 1 MiB. */
  readonly bodyBytes?: number;
  /** Maximum size in bytes of a body that is streamed. Default 1 GiB. */
  readonly streamBytes?: number;
  /** Sends the messages of internal errors to clients (S12.5). For development. Default false. */
  readonly exposeErrors?: boolean;
  /**
   * How long a stop still accepts connections and serves requests, in seconds, while readiness answers 503
   * already: load balancers notice it, and send no more requests (S12.1). Default 5; 0 in development, see
   * `defaultDrainDelaySeconds`.
   */
  readonly drainDelaySeconds?: number;
  /** How long a stop waits for running requests after that, in seconds. Default 30. */
  readonly drainSeconds?: number;
  /** Maximum number of open connections; further ones are dropped. Default 10,000. */
  readonly maxConnections?: number;
  readonly webSocket?: WebSocketOptions;
  /** Default: the system clock. Tests pass a manual one. */
  readonly clock?: Clock;
}

/**
 * How a request without a branch prefix in its path can select a branch (S9.5), with a value such as
 * `preview` or `preview@tag`. The path takes precedence over the header, the header over the cookie, the
 * cookie over the host name.
 */
export interface BranchOptions {
  /** Name of the header that selects the branch, for example `x-branch`. Default none. */
  readonly header?: string | undefined;
  /** Name of the cookie that selects the branch, for example `branch`. Default none. */
  readonly cookie?: string | undefined;
  /** Branches by host name, without port: `{ "preview.example.com": "preview" }`. Default none. */
  readonly host?: Readonly<Record<string, string>> | undefined;
}

/** Options of WebSocket connections (S6). All have safe defaults. */
export interface WebSocketOptions {
  /**
   * Origins whose pages can open WebSockets, beside the gateway's own host: `https://app.example.com`, or
   * `"any"`. Default: none; upgrades from other pages answer 403. Only browsers send an `Origin`.
   */
  readonly origins?: "any" | readonly string[];
  /**
   * Maximum size of a received message, in bytes; a larger one closes the socket with 1009. Default 1 MiB.
   */
  readonly maxPayload?: number;
  /**
   * How many sent bytes can wait for a slow reader; the socket is closed with 1013 when a message is sent
   * while more wait. Default 1 MiB.
   */
  readonly maxBufferedBytes?: number;
  /**
   * Seconds between pings; a client that does not answer is disconnected within twice that time. Default 30.
   */
  readonly idleSeconds?: number;
  /** Maximum number of open sockets; further upgrades answer 503. Default 10,000. */
  readonly maxSockets?: number;
  /**
   * What happens to a socket on the newest version when its route or a rule of it changes (S6.4). Default
   * `close`.
   */
  readonly onRetire?: "close" | "keep";
  /**
   * The seconds over which these sockets are closed, so that not all clients reconnect at once. Default 5.
   */
  readonly retireSeconds?: number;
  /** What happens when the token of the upgrade request expires (S6.3). Default `close`, with 4401. */
  readonly onExpire?: "close" | "keep";
}

/**
 * The default of `drainDelaySeconds` (S12.1): 5, and 0 in development, where no load balancer waits. A
 * process is in development if `NODE_ENV` is `development` or `test`, or if `NODE_ENV` is not set and the
 * process writes to a terminal.
 */
export function defaultDrainDelaySeconds(
  nodeEnv: string | undefined = process.env.NODE_ENV,
  hasTerminal: boolean = process.stdout.isTTY === true,
): number {
  const isDevelopment = nodeEnv ? nodeEnv === "development" || nodeEnv === "test" : hasTerminal;
  return isDevelopment ? 0 : 5;
}

/** WebSocket options with all defaults filled in. */
export type WebSocketSettings = Required<WebSocketOptions>;

/** Fills in the defaults of the WebSocket options. */
export function webSocketSettings(options: WebSocketOptions = {}): WebSocketSettings {
  return {
    origins: [],
    maxPayload: 1024 ** 2,
    maxBufferedBytes: 1024 ** 2,
    idleSeconds: 30,
    maxSockets: 10_000,
    onRetire: "close",
    retireSeconds: 5,
    onExpire: "close",
    ...options,
  };
}
