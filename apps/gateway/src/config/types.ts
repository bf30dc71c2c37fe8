import type { EmbeddedOptions, MoleculerOptions } from "@tidegate/broker-moleculer";
import type {
  Access,
  BreakingChanges,
  Broker,
  ContextFactory,
  ExamplesOptions,
  Logger,
  Policy,
  Protocol,
} from "@tidegate/core-registry";
import type { GraphQLOptions } from "@tidegate/protocol-graphql";
import type { AuthParsers, BranchOptions, JwtOptions, WebSocketOptions } from "@tidegate/server-h3";
import type { AdminOptions } from "../admin/admin.ts";

/** The configuration of a gateway (S15). Every option may be left out. */
export interface GatewayConfig {
  /** The distributed systems, in order of precedence (S13.2). Default: Moleculer with its defaults. */
  readonly brokers?: readonly (BrokerConfig | Broker)[] | undefined;
  /** Branches, versions, protocols and policies. */
  readonly schema?: SchemaConfig | undefined;
  /** Listeners, contexts, and who may use what is the gateway's own. */
  readonly server?: ServerConfig | undefined;
  /** The socket for what changes the gateway (S9.11), on by default; `false`: there is none. */
  readonly admin?: AdminConfig | false | undefined;
  /** How the default logger (consola) writes, or a logger of one's own. */
  readonly logger?: LoggerConfig | Logger | undefined;
  /** True: signals such as Ctrl-C are left to who started the gateway. Default false. */
  readonly skipProcessEventRegistration?: boolean | undefined;
}

/** One distributed system. A third party's broker stands in the list as it is. */
export interface BrokerConfig {
  /** Moleculer: every option of its own, and those of the plugin. */
  readonly moleculer: MoleculerOptions | EmbeddedOptions;
  /** What is noted of its services. */
  readonly registry?: ServicesConfig | undefined;
  /** What inline functions find (S11.1). */
  readonly function?: FunctionConfig | undefined;
}

/** What is noted of services. */
export interface ServicesConfig {
  /**
   * Which examples of calls and events are kept (S9.10). They are the gateway's: two brokers may not say different ones.
   * Default: the limits of the registry.
   */
  readonly examples?: Loose<ExamplesOptions> | undefined;
}

/** What inline functions find beside the language. */
export interface FunctionConfig {
  /**
   * The global `util`: data is copied, functions travel as text and must name nothing outside of themselves. The brokers' are put
   * together; two brokers may not hold one name. Default `{}`.
   */
  readonly util?: Readonly<Record<string, unknown>> | undefined;
}

/** Branches, versions, protocols and policies. */
export interface SchemaConfig {
  /** How many versions of a branch can be asked for (S9.5). Default 10. */
  readonly maxVersions?: number | undefined;
  /** Seconds until a branch that nobody uses is released (S9.5). Default 1800. */
  readonly maxUnusedSeconds?: number | undefined;
  /** Seconds between a node's leaving and the removal of what only it published (S9.3). Default 2. */
  readonly debounceSeconds?: number | undefined;
  /** The same, for a node that was lost. Default 15. */
  readonly lostSeconds?: number | undefined;
  /** Seconds after which a broker that has not finished discovery no longer holds up readiness (S12.6). Default 30. */
  readonly readyAfterSeconds?: number | undefined;
  /** Services that must be there before the gateway is ready (S12.6). Default none. */
  readonly expect?: readonly string[] | undefined;
  /**
   * What a breaking change of a fragment does: nothing, a warning in its report, or it is refused; for all branches, or by
   * branch, where `*` is for those not named. Default `warn`.
   */
  readonly guard?: GuardConfig | undefined;
  /** How many versions beside master's newest are kept compiled (S9.5). Default 20. */
  readonly maxCompiled?: number | undefined;
  /** The protocols; `false` leaves one out. */
  readonly protocol?: ProtocolConfig | undefined;
  /** The policies; `false` switches one off: its rules pass, with a warning in every report (S1.2). */
  readonly policy?: PolicyConfig | undefined;
}

/** What a breaking change does, for all branches or by branch. */
export type GuardConfig = BreakingChanges | { readonly [branch: string]: BreakingChanges };

/** Nothing to set: the plugin has no options yet. */
export type NoOptions = Readonly<Record<string, never>>;

/** Options that may be left out, or be undefined. */
export type Loose<Options> = { readonly [Key in keyof Options]?: Options[Key] | undefined };

/** The protocols by their keys; ours are on unless they are `false`. A third party's plugin stands beside them. */
export interface ProtocolConfig {
  /** REST (S4). */
  readonly REST?: NoOptions | false | undefined;
  /** GraphQL (S5): the options of its plugin. */
  readonly GraphQL?: Loose<GraphQLOptions> | false | undefined;
  /** WebSocket (S6). How sockets are kept is the server's: `server.protocol.webSocket`. */
  readonly WebSocket?: NoOptions | false | undefined;
  /** A third party's. */
  readonly [key: string]: Protocol | Loose<GraphQLOptions> | NoOptions | false | undefined;
}

/** The protocols with their defaults filled in. */
export interface ResolvedProtocols extends ProtocolConfig {
  /** REST. */
  readonly REST: NoOptions | false;
  /** GraphQL. */
  readonly GraphQL: Required<GraphQLOptions> | false;
  /** WebSocket. */
  readonly WebSocket: NoOptions | false;
}

/** The policies by their keys, asked in this order. A third party's plugin stands beside them and is asked after them. */
export interface PolicyConfig {
  /** Scopes (S7.3). */
  readonly scope?: NoOptions | false | undefined;
  /** Functions (S7.4). */
  readonly filter?: NoOptions | false | undefined;
  /** A third party's. */
  readonly [key: string]: Policy | NoOptions | false | undefined;
}

/** Listeners, contexts, and who may use what is the gateway's own. */
export interface ServerConfig {
  /** How connections move to a new version (S6.4). */
  readonly update?: UpdateConfig | undefined;
  /** The server as a whole. */
  readonly application?: ApplicationConfig | undefined;
  /** The listeners (S12.1). */
  readonly protocol?: ListenerConfig | undefined;
  /** What happens before and after routing (S12.2). */
  readonly middleware?: MiddlewareConfig | undefined;
  /** The values of the context (S12.3). */
  readonly context?: ContextConfig | undefined;
  /** Who may use what is the gateway's own (S9.11). */
  readonly access?: AccessConfig | undefined;
  /** How a branch can be chosen without a prefix in the path (S9.5): the options of the server. Default: it cannot. */
  readonly branch?: BranchOptions | undefined;
}

/** How connections move to a new version (S6.4). */
export type UpdateConfig = Loose<Pick<WebSocketOptions, "onRetire" | "retireSeconds">>;

/** How WebSockets are kept, whichever protocol speaks on them (S6.3). */
export type WebSocketConfig = Loose<Omit<WebSocketOptions, "onRetire" | "retireSeconds">>;

/** The server as a whole. */
export interface ApplicationConfig {
  /** How many seconds a stop waits for requests that run. Default 30. */
  readonly drainSeconds?: number | undefined;
  /** Most connections at once. Default 10000. */
  readonly maxConnections?: number | undefined;
}

/** The listeners. */
export interface ListenerConfig {
  /** HTTP/1.1. */
  readonly http?: HttpConfig | undefined;
  /** WebSockets, on the same listeners. */
  readonly webSocket?: WebSocketConfig | undefined;
}

/** A listener for HTTP/1.1. */
export interface HttpConfig {
  /** The address to bind. Default `127.0.0.1`, this machine alone; `0.0.0.0` for everybody. */
  readonly host?: string | undefined;
  /** The port; 0 takes a free one. Default 8080. */
  readonly port?: number | undefined;
}

/** What happens before and after routing. */
export interface MiddlewareConfig {
  /** How bodies are read. */
  readonly bodyParser?: BodyConfig | undefined;
  /** How errors are answered. */
  readonly error?: ErrorConfig | undefined;
}

/** How bodies are read. */
export interface BodyConfig {
  /** The largest body that is read whole (JSON, text, fields), in bytes. Default 1048576. */
  readonly maxBytes?: number | undefined;
  /** The largest body that is streamed, in bytes. Default 1073741824. */
  readonly maxStreamBytes?: number | undefined;
}

/** How errors are answered (S12.5). */
export interface ErrorConfig {
  /** Shows clients what went wrong inside. For development. Default false. */
  readonly expose?: boolean | undefined;
}

/** The values of the context. A third party's factory stands beside them, under the name of its value. */
export interface ContextConfig {
  /** Who asks. Default: nobody is known. */
  readonly auth?: AuthConfig | undefined;
  /** Where the client is. */
  readonly ip?: IpConfig | undefined;
  /** A third party's. */
  readonly [name: string]: ContextFactory | AuthConfig | IpConfig | undefined;
}

/** How `Authorization` is read (S12.4). */
export interface AuthConfig {
  /** `Bearer` credentials are JSON Web Tokens. Default: they are not read. */
  readonly jwt?: JwtOptions | undefined;
  /** Parsers of one's own, by scheme. Default none. */
  readonly parsers?: AuthParsers | undefined;
}

/** Where the client is. */
export interface IpConfig {
  /** Proxies whose `X-Forwarded-For` is believed: addresses and subnets. Default none. */
  readonly trustedProxies?: readonly string[] | undefined;
}

/** Who may use what (S9.11): `open`, `local`, or who holds a scope; others get 404. */
export interface AccessConfig {
  /** Branches other than master. Default `local`. */
  readonly branches?: Access | undefined;
  /** Versions other than the latest. Default `local`. */
  readonly versions?: Access | undefined;
  /** `/~status`; `false`: not there. Default `local`. */
  readonly status?: Access | false | undefined;
  /** `/~diff/...`; `false`: not there. Default `local`. */
  readonly diff?: Access | false | undefined;
  /** `/~catalog/...`; `false`: not there. Default `local`. */
  readonly catalog?: Access | false | undefined;
  /** `/~api/check`, dry runs; `false`: not there. Default `local`. */
  readonly check?: Access | false | undefined;
}

/** The socket for what changes the gateway: `tidegate pin`. */
export type AdminConfig = Loose<AdminOptions>;

/** How the default logger writes. */
export interface LoggerConfig {
  /** What is written: `silent`, `error`, `warn`, `info` or `debug`, each with those before it. Default `info`. */
  readonly level?: LogLevel | undefined;
}

/** What is written. */
export type LogLevel = "silent" | "error" | "warn" | "info" | "debug";

/** A configuration, for editors: returns what it is given. */
export function defineConfig(config: GatewayConfig): GatewayConfig {
  return config;
}

/** With every option set. */
export type Filled<Options> = { readonly [Key in keyof Options]-?: Exclude<Options[Key], undefined> };

/** A distributed system of ours, checked. */
export interface ResolvedBroker extends Omit<BrokerConfig, "registry"> {
  /** What is noted of its services; without examples it says nothing of them. */
  readonly registry: { readonly examples?: Required<ExamplesOptions> | undefined };
}

/** A configuration that was checked, with every default filled in. */
export interface ResolvedConfig extends Filled<Omit<GatewayConfig, "brokers" | "schema" | "server">> {
  /** The distributed systems. */
  readonly brokers: readonly (ResolvedBroker | Broker)[];
  /** Branches, versions, protocols and policies. */
  readonly schema: Filled<Omit<SchemaConfig, "protocol">> & { readonly protocol: ResolvedProtocols };
  /** Listeners, contexts, access. */
  readonly server: {
    /** How connections move. */
    readonly update: Filled<UpdateConfig>;
    /** The server as a whole. */
    readonly application: Filled<ApplicationConfig>;
    /** The listeners. */
    readonly protocol: { readonly http: Filled<HttpConfig>; readonly webSocket: Filled<WebSocketConfig> };
    /** Before and after routing. */
    readonly middleware: { readonly bodyParser: Filled<BodyConfig>; readonly error: Filled<ErrorConfig> };
    /** The values of the context. */
    readonly context: ContextConfig;
    /** Who may use what. */
    readonly access: Filled<AccessConfig>;
    /** How a branch can be chosen. */
    readonly branch: BranchOptions;
  };
}
