import type { RequestListener } from "node:http";
import {
  type Clock,
  type Route,
  type ServedApi,
  type Server,
  systemClock,
  TidegateError,
} from "@tidegate/core-registry";
import { contextFactories, createRequestFailureLog } from "@tidegate/core-registry/runtime";
import { authContext } from "./context/auth.ts";
import { idContext, ipContext, requestContext } from "./context/request.ts";
import { dispatch, dispatchWithMiddleware } from "./dispatch.ts";
import { type Listener, openListener } from "./listener.ts";
import { createChain } from "./middleware/chain.ts";
import { defaultDrainDelaySeconds, type H3ServerOptions, webSocketSettings } from "./options.ts";
import { ServerRequest } from "./request/request.ts";
import { createRouters, createSocketRouters, prepareMasterRouters } from "./router.ts";
import type { ServerParts, ServerStatus } from "./served.ts";
import { Upgrades } from "./sockets/upgrade.ts";
import { type BranchSelector, createBranchSelector } from "./target.ts";

/** The parts of a server that exist only while it runs. */
interface Started {
  readonly listener: Listener;
  readonly upgrades: Upgrades;
  readonly stopPreparing: () => void;
}

/**
 * Creates the HTTP server (S12). h3 gets one catch-all route; dispatch and replies are Tidegate's own.
 * @throws `CONFIG_INVALID` for invalid options
 */
export function h3Server(options: H3ServerOptions = {}): Server {
  const selector = createBranchSelector(options.branch);
  const drainMs = (options.drainSeconds ?? 30) * 1000;
  const delayMs = (options.drainDelaySeconds ?? defaultDrainDelaySeconds()) * 1000;
  const status: ServerStatus = { stopping: false, draining: false };
  let starting: Promise<Started> | undefined;
  let started: Started | undefined;
  let stopped: Promise<void> | undefined;

  // Without a delay the listener is closed before `stop` returns.
  const stop = (running: Started): Promise<void> =>
    delayMs === 0
      ? stopServer(running, status, drainMs)
      : delay(delayMs, options.clock ?? systemClock).then(() => stopServer(running, status, drainMs));

  return {
    contract: 2,
    name: "h3",
    contexts: [
      idContext(),
      ipContext(options.trustedProxies),
      requestContext(),
      authContext(options.auth ?? {}),
    ],
    async start(api) {
      if (starting !== undefined || stopped !== undefined)
        throw new TidegateError("INTERNAL", "A server can be started only once.");
      starting = startServer(options, api, selector, status);
      started = await starting;
      return [started.listener.listening];
    },
    stop() {
      status.stopping = true;
      stopped ??= started === undefined ? stopOnceStarted(starting, status, drainMs) : stop(started);
      return stopped;
    },
  };
}

function createParts(
  options: H3ServerOptions,
  api: ServedApi,
  selector: BranchSelector | undefined,
  status: ServerStatus,
): ServerParts {
  const onInvalidRoute = ({ kind, path }: Route, problem: string): void =>
    api.logger.error(`Cannot serve the ${kind === "http" ? "" : "WebSocket "}route ${path}: ${problem}`);
  const { branches = "local", versions = "local" } = options.access ?? {};
  const clock = options.clock ?? systemClock;
  return {
    api,
    access: { branches, versions },
    selector,
    factories: contextFactories(api.contexts),
    routerOf: createRouters({ onInvalidRoute }),
    socketRouterOf: createSocketRouters({ onInvalidRoute }),
    middleware: createChain(api.middleware),
    problems: {
      exposeErrors: options.exposeErrors ?? false,
      challenge: Object.keys(options.auth ?? {}).join(", ") || "Bearer",
    },
    failures: createRequestFailureLog(api.logger, clock),
    limits: {
      bodyBytes: options.bodyBytes ?? 1024 ** 2,
      streamBytes: options.streamBytes ?? 1024 ** 3,
    },
    clock,
    status,
  };
}

async function startServer(
  options: H3ServerOptions,
  api: ServedApi,
  selector: BranchSelector | undefined,
  status: ServerStatus,
): Promise<Started> {
  const parts = createParts(options, api, selector, status);
  const upgrades = new Upgrades(parts, webSocketSettings(options.webSocket));
  const listener = await openListener({
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 8080,
    maxConnections: options.maxConnections ?? 10_000,
    clock: parts.clock,
    handle: createHandler(parts),
    upgrade: (incoming, connection, head) => upgrades.handle(incoming, connection, head),
  });
  const stopPreparing = prepareMasterRouters(parts.api, [parts.routerOf, parts.socketRouterOf]);
  return { listener, upgrades, stopPreparing };
}

function createHandler(parts: ServerParts): RequestListener {
  const { middleware, limits } = parts;
  if (middleware === undefined)
    return (incoming, response) => dispatch(parts, new ServerRequest(incoming, response, limits), response);
  return (incoming, response) =>
    dispatchWithMiddleware(parts, middleware, new ServerRequest(incoming, response, limits), response);
}

function delay(ms: number, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(ms, resolve);
  return promise;
}

// A server that has not started yet serves nothing that a load balancer could know of.
async function stopOnceStarted(
  starting: Promise<Started> | undefined,
  status: ServerStatus,
  drainMs: number,
): Promise<void> {
  status.draining = true;
  // Where the server could not start, `start` has thrown and nothing is open.
  const started = await starting?.catch(() => undefined);
  if (started !== undefined) await stopServer(started, status, drainMs);
}

async function stopServer(
  { listener, upgrades, stopPreparing }: Started,
  status: ServerStatus,
  drainMs: number,
): Promise<void> {
  status.draining = true;
  stopPreparing();
  await Promise.all([upgrades.stop(drainMs), listener.close(drainMs)]);
}
