import { IncomingMessage, ServerResponse } from "node:http";
import {
  type Access,
  type Clock,
  type GatewayHealth,
  type Route,
  type ServedApi,
  type Server,
  systemClock,
  TidegateError,
} from "@tidegate/core-registry";
import { H3 } from "h3";
import { type AuthParsers, authContext } from "./context/auth.ts";
import { idContext } from "./context/id.ts";
import { ipContext } from "./context/ip.ts";
import { requestContext } from "./context/request.ts";
import { type BranchChoice, type BranchOptions, createChoice } from "./dispatch/choice.ts";
import { createDispatch, type DispatchInput } from "./dispatch/dispatch.ts";
import { createLocator } from "./dispatch/locate.ts";
import { prepareMaster } from "./dispatch/prepare.ts";
import { createRouters, createSocketRouters } from "./dispatch/router.ts";
import { type Listener, openListener } from "./listener.ts";
import { createAnswer } from "./reply/answer.ts";
import { ServerRequest } from "./request/request.ts";
import { type WebSocketOptions, webSocketSettings } from "./sockets/options.ts";
import { createUpgrades, type Upgrades, type UpgradesInput } from "./sockets/upgrade.ts";

/** Options of the server. All have safe defaults. */
export interface H3ServerOptions {
  /** The address to bind. Default `127.0.0.1`; `0.0.0.0` for everybody. */
  readonly host?: string;
  /** The port. Default 8080; 0 is any free one. */
  readonly port?: number;
  /** Who may use branches other than master and versions other than the latest (S9.11). Default `local`, both. */
  readonly access?: { readonly branches?: Access; readonly versions?: Access };
  /** How a branch can be chosen without a prefix in the path (S9.5). Default: it cannot. */
  readonly branch?: BranchOptions;
  /** Who reads which `Authorization` scheme (S12.4). Default: nobody, and `auth` is undefined for everybody. */
  readonly auth?: AuthParsers;
  /** Proxies whose `X-Forwarded-For` is believed: addresses and subnets. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** The largest body that is read whole (JSON, text, fields), in bytes. Default 1 MiB. */
  readonly bodyBytes?: number;
  /** The largest body that is streamed, in bytes. Default 1 GiB. */
  readonly streamBytes?: number;
  /** Shows clients what went wrong inside (S12.5). For development. Default false. */
  readonly exposeErrors?: boolean;
  /** How long a stop waits for requests that run, in seconds. Default 30. */
  readonly drainSeconds?: number;
  /** Most connections at once. Default 10,000. */
  readonly maxConnections?: number;
  /** How WebSockets are kept (S6). */
  readonly webSocket?: WebSocketOptions;
  /** Time. Default: the machine's own. */
  readonly clock?: Clock;
}

/**
 * The HTTP server (S12): one h3 catch-all; dispatch, routers and replies are Tidegate's own.
 * @throws `CONFIG_INVALID` for options that cannot be
 */
export function h3Server(options: H3ServerOptions = {}): Server {
  const choice = createChoice(options.branch);
  const drainMs = (options.drainSeconds ?? 30) * 1000;
  let opening: Promise<Opened> | undefined;
  let opened: Opened | undefined;
  let stopped: Promise<void> | undefined;

  return {
    contract: 1,
    name: "h3",
    contexts: [
      idContext(),
      ipContext(options.trustedProxies),
      requestContext(),
      authContext(options.auth ?? {}),
    ],
    async start(api) {
      if (opening !== undefined || stopped !== undefined)
        throw new TidegateError("INTERNAL", "A server is started once.");
      opening = open({ options, api, choice, draining: () => stopped !== undefined });
      opened = await opening;
      return [opened.listener.listening];
    },
    stop() {
      stopped ??= opened === undefined ? closeOnceOpen(opening, drainMs) : close(opened, drainMs);
      return stopped;
    },
  };
}

/** What was started. */
interface Opened {
  readonly listener: Listener;
  readonly upgrades: Upgrades;
  /** Makes nothing beforehand any more. */
  readonly unprepare: () => void;
}

/** What is to be started. */
interface Opening {
  readonly options: H3ServerOptions;
  readonly api: ServedApi;
  readonly choice: BranchChoice;
  readonly draining: () => boolean;
}

async function open({ options, api, choice, draining }: Opening): Promise<Opened> {
  const refused = ({ kind, path }: Route, problem: string): void =>
    api.logger.error(`The ${kind === "http" ? "" : "WebSocket "}route ${path} cannot be mounted: ${problem}`);
  const { branches = "local", versions = "local" } = options.access ?? {};
  const parts = {
    api,
    choice,
    locator: createLocator(api, { branches, versions }),
    routerOf: createRouters({ refused }),
    routesOf: createSocketRouters({ refused }),
    problems: {
      exposeErrors: options.exposeErrors ?? false,
      challenge: Object.keys(options.auth ?? {}).join(", ") || "Bearer",
    },
    limits: {
      bodyBytes: options.bodyBytes ?? 1024 ** 2,
      streamBytes: options.streamBytes ?? 1024 ** 3,
    },
    clock: options.clock ?? systemClock,
    draining,
    health: (): GatewayHealth => (draining() ? { state: "stopping", reasons: [] } : api.health()),
  };
  const upgrades = createUpgrades({ ...parts, settings: webSocketSettings(options.webSocket) });
  const listener = await openListener({
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 8080,
    maxConnections: options.maxConnections ?? 10_000,
    clock: parts.clock,
    fetch: fetcher(parts),
    upgrade: upgrades.take,
  });
  return { listener, upgrades, unprepare: prepareMaster(api, [parts.routerOf, parts.routesOf]) };
}

/** What answering requests needs to know. */
type FetcherInput = DispatchInput & Pick<UpgradesInput, "problems" | "limits" | "draining">;

async function closeOnceOpen(opening: Promise<Opened> | undefined, drainMs: number): Promise<void> {
  // Where it could not be opened, `start` has said so and nothing is left to close.
  const opened = await opening?.catch(() => undefined);
  if (opened !== undefined) await close(opened, drainMs);
}

async function close({ listener, upgrades, unprepare }: Opened, drainMs: number): Promise<void> {
  unprepare();
  await Promise.all([upgrades.stop(drainMs), listener.close(drainMs)]);
}

function fetcher(parts: FetcherInput): (request: Request) => Response | Promise<Response> {
  const { api, problems, limits, draining } = parts;
  const dispatch = createDispatch(parts);
  const answer = createAnswer({ dispatch, problems, logger: api.logger, draining });
  // Paths are checked here, and problems written here: h3 is to do neither.
  const app = new H3({ silent: true, allowMalformedURL: true });
  app.all("/**", (event) => {
    const { req, res } = event.runtime?.node ?? {};
    if (!(req instanceof IncomingMessage && res instanceof ServerResponse))
      throw new TidegateError("INTERNAL", "This server runs on Node's HTTP/1.1 alone.");
    return answer(new ServerRequest(req, res, limits));
  });
  return app.fetch;
}
