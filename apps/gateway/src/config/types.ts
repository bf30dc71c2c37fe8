import type { EmbeddedOptions, MoleculerOptions } from "@tidegate/broker-moleculer";
import type {
  Access,
  Broker,
  ContextFactory,
  Logger,
  Middleware,
  Policy,
  Protocol,
} from "@tidegate/core-registry";
import type { BreakingChanges } from "@tidegate/core-registry/registry";
import type { ExamplesOptions } from "@tidegate/core-registry/runtime";
import type { GraphQLOptions } from "@tidegate/protocol-graphql";
import type { AuthParsers, BranchOptions, JwtOptions, WebSocketOptions } from "@tidegate/server-h3";
import type { AdminOptions } from "../admin/admin.ts";

/** The configuration of a gateway (S15). Every option is optional. */
export interface GatewayConfig {
  /** The distributed systems, in order of precedence (S13.2). Default: Moleculer with its defaults. */
  readonly brokers?: readonly (BrokerConfig | Broker)[] | undefined;
  readonly schema?: SchemaConfig | undefined;
  readonly server?: ServerConfig | undefined;
  /** The admin socket (S9.11). Default: on; `false` turns it off. */
  readonly admin?: AdminConfig | false | undefined;
  /** Options of the default logger (consola), or a logger object. */
  readonly logger?: LoggerConfig | Logger | undefined;
  /** True if the program that starts the gateway handles signals such as Ctrl-C itself. Default false. */
  readonly skipProcessEventRegistration?: boolean | undefined;
}

/**
 * Configures one distributed system. The broker plugin of a third party stands in the list of brokers
 * instead.
 */
export interface BrokerConfig {
  /** All options of Moleculer's `ServiceBroker`, and those of the plugin. */
  readonly moleculer: MoleculerOptions | EmbeddedOptions;
  readonly registry?: ServicesConfig | undefined;
  readonly function?: FunctionConfig | undefined;
}

/** What the gateway records of the services of a broker. */
export interface ServicesConfig {
  /**
   * Which examples of calls and events are kept (S9.10). They are kept for all brokers together, so the
   * options of two brokers must be equal. Default: the limits of the registry.
   */
  readonly examples?: Loose<ExamplesOptions> | undefined;
}

/** What inline functions can use beside the language (S11.1). */
export interface FunctionConfig {
  /**
   * The global `util`. Data is copied. Functions are passed as source text, so they can use nothing outside
   * of themselves. The entries of all brokers are merged; two brokers must not define the same name. Default
   * `{}`.
   */
  readonly util?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of branches, versions, protocols and policies. */
export interface SchemaConfig {
  /** How many versions of a branch can be requested (S9.5). Default 10. */
  readonly maxVersions?: number | undefined;
  /** Seconds until an unused branch is released (S9.5). Default 1800. */
  readonly maxUnusedSeconds?: number | undefined;
  /**
   * Seconds from the moment a node leaves until the fragments that only this node published are removed
   * (S9.3). Default 2.
   */
  readonly debounceSeconds?: number | undefined;
  /** The same for a node that was lost without leaving. Default 15. */
  readonly lostSeconds?: number | undefined;
  /**
   * Seconds after which readiness no longer waits for a broker that has not finished its discovery (S12.6).
   * Default 30.
   */
  readonly readyAfterSeconds?: number | undefined;
  /** Services that must be present before the gateway is ready (S12.6). Default none. */
  readonly expect?: readonly string[] | undefined;
  /**
   * What happens if a fragment contains a breaking change: nothing (`off`), its report warns (`warn`), or it
   * is refused (`block`). One value for all branches, or one per branch, where `*` stands for all others.
   * Default `warn`.
   */
  readonly breakingChanges?: BreakingChangesConfig | undefined;
  /** The name that `breakingChanges` had before. Where it is set, it counts. */
  readonly guard?: BreakingChangesConfig | undefined;
  /** Seconds that a plugin has for one call of a member, such as `compile` (S17). Default 10. */
  readonly pluginTimeoutSeconds?: number | undefined;
  /** How many versions stay compiled, beside the latest version of master (S9.5). Default 20. */
  readonly maxCompiled?: number | undefined;
  /** The protocols. `false` leaves one out. */
  readonly protocol?: ProtocolConfig | undefined;
  /**
   * The policies. `false` turns one off: its rules let everything pass, and every report warns about it
   * (S1.2).
   */
  readonly policy?: PolicyConfig | undefined;
}

/** What happens if a fragment contains a breaking change, for all branches or per branch. */
export type BreakingChangesConfig = BreakingChanges | { readonly [branch: string]: BreakingChanges };

/** The options of a plugin that has none yet: `{}`. */
export type NoOptions = Readonly<Record<string, never>>;

/** Makes every option optional, and allows `undefined` as its value. */
export type Loose<Options> = { readonly [Key in keyof Options]?: Options[Key] | undefined };

/** The protocols by their keys. The built-in ones are on unless they are `false`. */
export interface ProtocolConfig {
  /** REST routes (S4). They have no options. */
  readonly REST?: NoOptions | false | undefined;
  /** Options of GraphQL (S5), with the plugin's defaults. */
  readonly GraphQL?: Loose<GraphQLOptions> | false | undefined;
  /** S6. The options of sockets are those of the server: `server.protocol.webSocket`. */
  readonly WebSocket?: NoOptions | false | undefined;
  /** The plugin of a third party. */
  readonly [key: string]: Protocol | Loose<GraphQLOptions> | NoOptions | false | undefined;
}

/** The options of the protocols with all defaults. */
export interface ResolvedProtocols extends ProtocolConfig {
  readonly REST: NoOptions | false;
  readonly GraphQL: Required<GraphQLOptions> | false;
  readonly WebSocket: NoOptions | false;
}

/** The policies by their keys. The gateway evaluates them in this order, and those of third parties last. */
export interface PolicyConfig {
  /** Rules that require a scope of the client (S7.3). */
  readonly scope?: NoOptions | false | undefined;
  /** Rules that are a function of the fragment (S7.4). */
  readonly filter?: NoOptions | false | undefined;
  /** The plugin of a third party. */
  readonly [key: string]: Policy | NoOptions | false | undefined;
}

/** Listeners, middleware, context values and access. */
export interface ServerConfig {
  readonly update?: UpdateConfig | undefined;
  readonly application?: ApplicationConfig | undefined;
  readonly protocol?: ListenerConfig | undefined;
  readonly middleware?: MiddlewareConfig | undefined;
  readonly context?: ContextConfig | undefined;
  readonly access?: AccessConfig | undefined;
  /** How a request can select a branch without a prefix in its path (S9.5). Default: it cannot. */
  readonly branch?: BranchOptions | undefined;
}

/** How sockets move to a new version (S6.4). */
export type UpdateConfig = Loose<Pick<WebSocketOptions, "onRetire" | "retireSeconds">>;

/** Limits and timeouts of WebSockets, for all protocols that use them (S6.3). */
export type WebSocketConfig = Loose<Omit<WebSocketOptions, "onRetire" | "retireSeconds">>;

/** Limits of the server as a whole. */
export interface ApplicationConfig {
  /**
   * How many seconds a stop still serves requests while readiness answers 503 (S12.1). Default 5; 0 in
   * development.
   */
  readonly drainDelaySeconds?: number | undefined;
  /** How many seconds a stop waits for running requests after that. Default 30. */
  readonly drainSeconds?: number | undefined;
  /** The maximum number of open connections. Default 10000. */
  readonly maxConnections?: number | undefined;
}

/** The listeners of the server (S12.1). */
export interface ListenerConfig {
  readonly http?: HttpConfig | undefined;
  /** Options of WebSockets, which use the same listeners. */
  readonly webSocket?: WebSocketConfig | undefined;
}

/** The address and port of the HTTP/1.1 listener. */
export interface HttpConfig {
  /** The address to bind. Default `127.0.0.1`: this machine only. `0.0.0.0` listens on all interfaces. */
  readonly host?: string | undefined;
  /** The port; 0 selects a free one. Default 8080. */
  readonly port?: number | undefined;
}

/**
 * What runs before and after routing (S12.2). Middleware of third parties stands beside the built-in options,
 * each under a name of its own, in the order in which their `request` hooks run.
 */
export interface MiddlewareConfig {
  readonly bodyParser?: BodyConfig | undefined;
  readonly error?: ErrorConfig | undefined;
  /** The middleware of a third party; `false` leaves it out. */
  readonly [name: string]: Middleware | BodyConfig | ErrorConfig | false | undefined;
}

/** `MiddlewareConfig` with all defaults. */
export interface ResolvedMiddleware extends MiddlewareConfig {
  readonly bodyParser: Filled<BodyConfig>;
  readonly error: Filled<ErrorConfig>;
}

/** Limits for the bodies of requests. */
export interface BodyConfig {
  /** The largest body that is read as a whole (JSON, text, form fields), in bytes. Default 1048576. */
  readonly maxBytes?: number | undefined;
  /** The largest body that is streamed, in bytes. Default 1073741824. */
  readonly maxStreamBytes?: number | undefined;
}

/** What error responses show to clients (S12.5). */
export interface ErrorConfig {
  /** Includes internal details in error responses. For development only. Default false. */
  readonly expose?: boolean | undefined;
}

/**
 * The context values (S12.3). The factory of a third party stands beside them, under the name of its value.
 */
export interface ContextConfig {
  /** Authentication. Default: every client is anonymous. */
  readonly auth?: AuthConfig | undefined;
  /** How the client's address is determined. */
  readonly ip?: IpConfig | undefined;
  /** The factory of a third party; `false` leaves it out. */
  readonly [name: string]: ContextFactory | AuthConfig | IpConfig | false | undefined;
}

/** How the header `Authorization` is read (S12.4). */
export interface AuthConfig {
  /** `Bearer` credentials are JSON Web Tokens. Default: they are ignored. */
  readonly jwt?: JwtOptions | undefined;
  /** Custom parsers by authentication scheme. Default none. */
  readonly parsers?: AuthParsers | undefined;
}

/** How the client's address is determined. */
export interface IpConfig {
  /** Addresses and subnets of proxies whose `X-Forwarded-For` is trusted. Default none. */
  readonly trustedProxies?: readonly string[] | undefined;
}

/**
 * Who has access (S9.11): `open`, `local`, or clients with a scope. All others get 404. `false` removes a
 * page.
 */
export interface AccessConfig {
  /** Branches other than master. Default `local`. */
  readonly branches?: Access | undefined;
  /** Versions other than the latest. Default `local`. */
  readonly versions?: Access | undefined;
  /** Access to the page `/~status`. Default `local`. */
  readonly status?: Access | false | undefined;
  /** Access to the page `/~diff/...`. Default `local`. */
  readonly diff?: Access | false | undefined;
  /** Access to the pages `/~catalog/...`. Default `local`. */
  readonly catalog?: Access | false | undefined;
  /** Access to dry runs at `/~api/check`. Default `local`. */
  readonly check?: Access | false | undefined;
}

/** The admin socket, which `tidegate pin` uses. */
export type AdminConfig = Loose<AdminOptions>;

/** Options of the default logger, consola. */
export interface LoggerConfig {
  /** The least severe level that is logged. Default `info`. */
  readonly level?: LogLevel | undefined;
}

/** The levels of the default logger, the most severe first. `silent` logs nothing. */
export type LogLevel = "silent" | "error" | "warn" | "info" | "debug";

/** Returns the configuration unchanged. It gives editors the type of the configuration. */
export function defineConfig(config: GatewayConfig): GatewayConfig {
  return config;
}

/** Makes every option required, and excludes `undefined`. */
export type Filled<Options> = { readonly [Key in keyof Options]-?: Exclude<Options[Key], undefined> };

/** A validated `BrokerConfig` with all defaults. */
export interface ResolvedBroker extends Omit<BrokerConfig, "registry"> {
  readonly registry: { readonly examples?: Required<ExamplesOptions> | undefined };
}

/** A validated configuration with all defaults. */
export interface ResolvedConfig extends Filled<Omit<GatewayConfig, "brokers" | "schema" | "server">> {
  readonly brokers: readonly (ResolvedBroker | Broker)[];
  readonly schema: Filled<Omit<SchemaConfig, "protocol" | "guard">> &
    Pick<SchemaConfig, "guard"> & { readonly protocol: ResolvedProtocols };
  readonly server: {
    readonly update: Filled<UpdateConfig>;
    readonly application: Filled<ApplicationConfig>;
    readonly protocol: { readonly http: Filled<HttpConfig>; readonly webSocket: Filled<WebSocketConfig> };
    readonly middleware: ResolvedMiddleware;
    readonly context: ContextConfig;
    readonly access: Filled<AccessConfig>;
    readonly branch: BranchOptions;
  };
}
