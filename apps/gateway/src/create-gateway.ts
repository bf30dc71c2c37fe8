import { catalog } from "@tidegate/catalog";
import {
  type Access,
  type Broker,
  type ContextFactory,
  checkPlugin,
  createRegistry,
  type GatewayPage,
  type Listening,
  type Policy,
  type Protocol,
  type Registry,
  type RegistryOptions,
  type Sandbox,
  type ServedApi,
  type Server,
} from "@tidegate/core-registry";
import { sandbox as defaultSandbox } from "@tidegate/sandbox";
import { createConsola } from "consola";
import { type Admin, type AdminOptions, openAdmin } from "./admin/admin.ts";
import { logRegistry } from "./log.ts";
import { checkPage } from "./pages/check.ts";
import { diffPage } from "./pages/diff.ts";
import { statusPage } from "./pages/status.ts";

/** Options of the registry that a gateway hands on as they are. */
type RegistrySettings = Omit<
  RegistryOptions,
  "brokers" | "protocols" | "policies" | "sandbox" | "contexts" | "reserved"
>;

/** What a gateway is made of. */
export interface GatewayOptions extends RegistrySettings {
  /** The distributed systems, in order of precedence (S13.2). */
  readonly brokers: readonly Broker[];
  /** The protocols that fragments may use. */
  readonly protocols: readonly Protocol[];
  /** The policies, in the order in which they are asked (S7.2). */
  readonly policies: readonly Policy[];
  /** Listens and answers. */
  readonly server: Server;
  /** Runs inline functions. Default: `sandbox()`, in processes of its own. */
  readonly sandbox?: Sandbox;
  /** Makes context values beside the server's own (S12.3). Default none. */
  readonly contexts?: readonly ContextFactory[];
  /** The gateway's own pages, and who may use them (S9.11). Default: each for `local`. */
  readonly pages?: PagesOptions;
  /** Opens a socket of its own for what changes the gateway: pins (S9.11). Default `false`: none. */
  readonly admin?: AdminOptions | false;
}

/** Who may use which page; `false`: the page is not there. */
export interface PagesOptions {
  /** `/~status` (S9.9). Default `local`. */
  readonly status?: Access | false;
  /** `/~diff/...`, what differs between two versions. Default `local`. */
  readonly diff?: Access | false;
  /** `/~catalog/...` (S14.1). Default `local`. */
  readonly catalog?: Access | false;
  /** `/~api/check`, dry runs for `tidegate check --gateway`. Default `local`. */
  readonly check?: Access | false;
}

/** A gateway, composed. */
export interface Gateway {
  /**
   * Opens the listeners, then connects the brokers (S12.1). Resolves when discovery is complete, its time is
   * over, or it is stopped.
   */
  start(): Promise<readonly Listening[]>;
  /** Lets running requests finish, then leaves the distributed systems. Idempotent; also while it starts. */
  stop(): Promise<void>;
  /** Branches, versions, reports. */
  readonly registry: Registry;
  /** The open listeners; none before `start` and after `stop`. */
  readonly listening: readonly Listening[];
  /** The path of the admin socket; undefined where there is none, before `start` and after `stop`. */
  readonly adminSocket: string | undefined;
}

/**
 * Composes a gateway of its parts. Nothing runs before `start`.
 * @throws {TidegateError} `PLUGIN_INVALID` where a plugin does not keep its contract
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { server, contexts = [], pages, admin: adminOptions = false, ...rest } = options;
  checkPlugins(options);
  const logger = options.logger ?? createConsola();
  const sandbox = options.sandbox ?? defaultSandbox();
  const registry = createRegistry({
    ...rest,
    logger,
    sandbox,
    contexts: [...server.contexts, ...contexts],
    reserved: server.reserved ?? [],
  });
  const stopLogging = logRegistry(registry, logger);
  let listening: readonly Listening[] = [];
  let admin: Admin | undefined;
  let opening: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;

  const api: ServedApi = {
    find: (branch, tag) => registry.find(branch, tag),
    pages: gatewayPages(registry, pages),
    contexts: [...server.contexts, ...contexts],
    health: () => (stopped === undefined ? registry.health() : { state: "stopping", reasons: [] }),
    events: registry.events,
    onSwap: (listener) => registry.onSwap(({ branch }) => listener(branch)),
    logger,
  };

  const open = async (): Promise<void> => {
    listening = await server.start(api);
    for (const { url } of listening) logger.info(`listening on ${url}`);
    if (adminOptions === false) return;
    admin = await openAdmin({ ...adminOptions, registry, port: listening[0]?.port ?? 0, logger });
    if (admin !== undefined) logger.info(`admin socket ${admin.socket}`);
  };

  const start = async (): Promise<void> => {
    opening = open();
    await opening;
    await registry.start();
  };

  const stop = async (): Promise<void> => {
    await opening?.catch(() => undefined);
    await admin?.close();
    admin = undefined;
    await server.stop();
    listening = [];
    await registry.stop();
    stopLogging();
  };

  return {
    registry,
    get listening() {
      return listening;
    },
    get adminSocket() {
      return admin?.socket;
    },
    start: async () => {
      // What a stop ends while it starts did not fail.
      await start().catch((error: unknown) => {
        if (stopped === undefined) throw error;
      });
      return listening;
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

function gatewayPages(registry: Registry, pages: PagesOptions = {}): readonly GatewayPage[] {
  const { status = "local", diff = "local", catalog: catalogAccess = "local", check = "local" } = pages;
  return [
    ...(status === false ? [] : [statusPage({ registry, access: status })]),
    ...(diff === false ? [] : [diffPage({ registry, access: diff })]),
    ...(catalogAccess === false ? [] : catalog({ registry, access: catalogAccess })),
    ...(check === false ? [] : [checkPage({ registry, access: check })]),
  ];
}

function checkPlugins(options: GatewayOptions): void {
  for (const broker of options.brokers) checkPlugin("broker", broker);
  for (const protocol of options.protocols) checkPlugin("protocol", protocol);
  for (const policy of [...options.policies, ...(options.disabledPolicies ?? [])])
    checkPlugin("policy", policy);
  if (options.sandbox !== undefined) checkPlugin("sandbox", options.sandbox);
  checkPlugin("server", options.server);
  for (const context of [...options.server.contexts, ...(options.contexts ?? [])])
    checkPlugin("context", context);
}
