import { catalog } from "@tidegate/catalog";
import type { Access, Logger, Sandbox, Server } from "@tidegate/core-registry";
import {
  type Gateway as CoreGateway,
  type GatewayOptions as CoreGatewayOptions,
  createGateway,
  type PageFactory,
} from "@tidegate/core-registry/gateway";
import type { Registry } from "@tidegate/core-registry/registry";
import { sandbox as defaultSandbox } from "@tidegate/sandbox";
import { createConsola } from "consola";
import { type Admin, type AdminOptions, openAdmin } from "./admin/admin.ts";
import { logRegistry } from "./log.ts";
import { warnWithoutAuth } from "./missing-auth.ts";
import { checkPage } from "./pages/check.ts";
import { diffPage } from "./pages/diff.ts";
import { statusPage } from "./pages/status.ts";

/** What a gateway with this app's sandbox, pages and log is made of. */
export interface GatewayOptions extends Omit<CoreGatewayOptions, "sandbox" | "pages"> {
  /** Runs inline functions. Default: `sandbox()`, in processes of its own. */
  readonly sandbox?: Sandbox;
  /** The gateway's own pages, and who can use them (S9.11). Default: each for `local`. */
  readonly pages?: PagesOptions;
  /** Opens a socket of its own for what changes the gateway: pins (S9.11). Default `false`: no socket. */
  readonly admin?: AdminOptions | false;
}

/** Who can use which page; `false`: the page does not exist. */
export interface PagesOptions {
  /** `/~status`, branches and versions (S9.9). Default `local`. */
  readonly status?: Access | false;
  /** `/~diff/...`, the differences between two versions. Default `local`. */
  readonly diff?: Access | false;
  /** `/~catalog/...`, the documents of a branch (S14.1). Default `local`. */
  readonly catalog?: Access | false;
  /** `/~api/check`, dry runs for `tidegate check --gateway`. Default `local`. */
  readonly check?: Access | false;
}

/** A gateway with an admin socket. */
export interface Gateway extends CoreGateway {
  /** The path of the admin socket; undefined where there is none, before `start` and after `stop`. */
  readonly adminSocket: string | undefined;
}

/**
 * Creates a gateway with the sandbox, the pages, the log and the admin socket of this app. Nothing runs
 * before `start`.
 * @throws {TidegateError} `PLUGIN_INVALID` where a plugin does not fit its contract
 */
export function createDefaultGateway(options: GatewayOptions): Gateway {
  const { pages, admin: adminOptions = false, logger = createConsola(), ...parts } = options;
  const admin = adminSocket(adminOptions, logger, () => gateway.registry);
  const gateway: CoreGateway = createGateway({
    ...parts,
    logger,
    sandbox: options.sandbox ?? defaultSandbox(),
    pages: pageFactories(pages),
    server: withAdminSocket(options.server, admin),
  });
  const stopLogging = logRegistry(gateway.registry, logger);
  const stopWarning = warnWithoutAuth(gateway.registry, logger);

  return {
    registry: gateway.registry,
    get listening() {
      return gateway.listening;
    },
    get adminSocket() {
      return admin.path;
    },
    start: gateway.start,
    stop: () => gateway.stop().finally(stopWarning).finally(stopLogging),
  };
}

/** The admin socket of a gateway, which opens and closes with the server. */
interface AdminSocket {
  readonly path: string | undefined;
  open(port: number): Promise<void>;
  close(): Promise<void>;
}

function adminSocket(options: AdminOptions | false, logger: Logger, registry: () => Registry): AdminSocket {
  let admin: Admin | undefined;
  return {
    get path() {
      return admin?.socket;
    },
    async open(port) {
      if (options === false) return;
      admin = await openAdmin({ ...options, registry: registry(), port, logger });
      if (admin !== undefined) logger.info(`admin socket ${admin.socket}`);
    },
    async close() {
      await admin?.close();
      admin = undefined;
    },
  };
}

/** The same server; the admin socket opens after its listeners, and closes before them. */
function withAdminSocket(server: Server, admin: AdminSocket): Server {
  return {
    ...server,
    async start(api) {
      const listening = await server.start(api);
      await admin.open(listening[0]?.port ?? 0);
      return listening;
    },
    async stop() {
      await admin.close();
      await server.stop();
    },
  };
}

function pageFactories(pages: PagesOptions = {}): PageFactory[] {
  const { status = "local", diff = "local", catalog: catalogAccess = "local", check = "local" } = pages;
  const factories: PageFactory[] = [];
  if (status !== false) factories.push((registry) => [statusPage({ registry, access: status })]);
  if (diff !== false) factories.push((registry) => [diffPage({ registry, access: diff })]);
  if (catalogAccess !== false) factories.push((registry) => catalog({ registry, access: catalogAccess }));
  if (check !== false) factories.push((registry) => [checkPage({ registry, access: check })]);
  return factories;
}
