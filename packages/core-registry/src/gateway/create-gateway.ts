import type { ContextFactory } from "../contracts/context.ts";
import { checkPlugin } from "../contracts/define-plugin.ts";
import type { Middleware } from "../contracts/middleware.ts";
import type { GatewayPage, Listening, ServedApi, Server } from "../contracts/server.ts";
import type { Registry, RegistryOptions } from "../registry/contract.ts";
import { createRegistry } from "../registry/registry.ts";
import { checkMiddleware, middlewareLifecycle } from "./middleware.ts";

/** Makes pages of the gateway itself, below `/~`: catalog, status. */
export type PageFactory = (registry: Registry) => readonly GatewayPage[];

/** What a gateway is made of. Nothing here has a default plugin: import the packages that you need. */
export interface GatewayOptions extends Omit<RegistryOptions, "contexts" | "reserved" | "listening"> {
  readonly server: Server;
  /** Context values beside the server's own (S12.3). Default none. */
  readonly contexts?: readonly ContextFactory[];
  /** Sees every request and every reply, in this order and before that of protocols (S12.2). Default none. */
  readonly middleware?: readonly Middleware[];
  /** The gateway's own pages (S9.9, S14.1). Default none. */
  readonly pages?: readonly PageFactory[];
}

/** A gateway: registry and server, wired together. */
export interface Gateway {
  /**
   * Opens the listeners, then connects the brokers (S12.1). Resolves when discovery is complete, when its
   * time is over, or when the gateway is stopped.
   */
  start(): Promise<readonly Listening[]>;
  /**
   * Lets running requests finish, then disconnects the brokers. Can be called more than once, also during
   * `start`.
   */
  stop(): Promise<void>;
  readonly registry: Registry;
  /** The open listeners; none before `start` and after `stop`. */
  readonly listening: readonly Listening[];
}

/**
 * Creates a gateway. Nothing runs before `start`.
 * @throws {TidegateError} `PLUGIN_INVALID` where a plugin does not fit its contract
 */
export function createGateway(options: GatewayOptions): Gateway {
  checkPlugin("sandbox", options.sandbox);
  checkPlugin("server", options.server);
  const { server, middleware: own = [], pages = [], logger = console, ...registryOptions } = options;
  const middleware = [...own, ...options.protocols.flatMap((protocol) => protocol.middleware ?? [])];
  checkMiddleware(middleware);
  const contexts = [...server.contexts, ...(options.contexts ?? [])];
  const reserved = server.reserved ?? [];
  let listening: readonly Listening[] = [];
  const registry = createRegistry({
    ...registryOptions,
    logger,
    contexts,
    reserved,
    listening: () => listening,
  });
  let opening: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;

  const api: ServedApi = {
    find: registry.find,
    pages: pages.flatMap((page) => page(registry)),
    contexts: registry.contexts,
    middleware,
    health: () => (stopped === undefined ? registry.health() : { state: "stopping", reasons: [] }),
    events: registry.events,
    onSwap: (listener) => registry.onSwap(({ branch }) => listener(branch)),
    logger,
  };

  const lifecycle = middlewareLifecycle(middleware, logger, options);
  const open = async (): Promise<void> => {
    await lifecycle.start();
    listening = await server.start(api);
    for (const { url } of listening) logger.info(`listening on ${url}`);
  };
  const start = async (): Promise<void> => {
    opening = open();
    await opening;
    await registry.start();
  };
  const stop = async (): Promise<void> => {
    await opening?.catch(() => undefined);
    await server.stop();
    listening = [];
    await lifecycle.dispose();
    await registry.stop();
  };

  return {
    registry,
    get listening() {
      return listening;
    },
    async start() {
      // A start that a stop interrupts did not fail.
      await start().catch((error: unknown) => {
        if (stopped === undefined) throw error;
      });
      return listening;
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
