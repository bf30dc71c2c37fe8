import { isDeepStrictEqual } from "node:util";
import { moleculer } from "@tidegate/broker-moleculer";
import {
  type ContextFactory,
  type Logger,
  type Middleware,
  type Policy,
  type Protocol,
  TidegateError,
} from "@tidegate/core-registry";
import type { ExamplesOptions } from "@tidegate/core-registry/runtime";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { sandbox } from "@tidegate/sandbox";
import { type AuthParsers, type H3ServerOptions, h3Server, jwt } from "@tidegate/server-h3";
import { createConsola } from "consola";
import type { AdminOptions } from "../admin/admin.ts";
import type { GatewayOptions } from "../default-gateway.ts";
import { isPlugin } from "./option.ts";
import type { AdminConfig, AuthConfig, LoggerConfig, ResolvedConfig, ResolvedProtocols } from "./types.ts";

const consolaLevels = { silent: Number.NEGATIVE_INFINITY, error: 0, warn: 1, info: 3, debug: 4 } as const;

/** The built-in policies, in the order in which they are evaluated. */
const builtInPolicies: Readonly<Record<string, () => Policy>> = { scope, filter };

/** Creates the parts of a gateway from its configuration. */
export function compose(config: ResolvedConfig): GatewayOptions {
  const { schema, server } = config;
  const { maxVersions, maxUnusedSeconds, debounceSeconds, lostSeconds, readyAfterSeconds, expect } = schema;
  const { maxCompiled, pluginTimeoutSeconds } = schema;
  const breaking = schema.guard ?? schema.breakingChanges;
  const { status, diff, catalog, check } = server.access;
  return {
    brokers: config.brokers.map((broker) => ("moleculer" in broker ? moleculer(broker.moleculer) : broker)),
    protocols: [...builtInProtocols(schema.protocol), ...thirdPartyPlugins<Protocol>(schema.protocol)],
    policies: [...enabledPolicies(schema.policy), ...thirdPartyPlugins<Policy>(schema.policy)],
    disabledPolicies: Object.entries(builtInPolicies).flatMap(([key, create]) =>
      schema.policy[key] === false ? [create()] : [],
    ),
    sandbox: sandbox({ util: mergedUtil(config.brokers) }),
    server: h3Server(serverOptions(server)),
    contexts: thirdPartyPlugins<ContextFactory>(server.context),
    middleware: thirdPartyPlugins<Middleware>(server.middleware),
    logger: toLogger(config.logger),
    pages: { status, diff, catalog, check },
    admin: config.admin === false ? false : adminOptions(config.admin),
    examples: sharedExamples(config.brokers),
    breakingChanges: typeof breaking === "string" ? { "*": breaking } : breaking,
    pluginTimeoutSeconds,
    maxCompiled,
    maxVersions,
    maxUnusedSeconds,
    debounceSeconds,
    lostSeconds,
    readyAfterSeconds,
    expect,
  };
}

function adminOptions({ socket }: AdminConfig): AdminOptions {
  return socket === undefined ? {} : { socket };
}

function builtInProtocols({ REST, GraphQL, WebSocket }: ResolvedProtocols): Protocol[] {
  return [
    ...(REST === false ? [] : [rest()]),
    ...(GraphQL === false ? [] : [graphql(GraphQL)]),
    ...(WebSocket === false ? [] : [webSocket()]),
  ];
}

/** All brokers share one sandbox, so their `util` objects are merged. */
function mergedUtil(brokers: ResolvedConfig["brokers"]): Readonly<Record<string, unknown>> {
  const entries = brokers.flatMap((broker) =>
    "moleculer" in broker ? Object.entries(broker.function?.util ?? {}) : [],
  );
  const util = new Map<string, unknown>();
  for (const [name, value] of entries) {
    if (util.has(name))
      throw new TidegateError(
        "CONFIG_INVALID",
        `Two brokers define function.util.${name}. Remove one of them.`,
      );
    util.set(name, value);
  }
  return Object.fromEntries(util);
}

/** The gateway keeps the examples of all brokers together, so the options of all brokers must be equal. */
function sharedExamples(brokers: ResolvedConfig["brokers"]): ExamplesOptions {
  const [first, ...others] = brokers.flatMap((broker) =>
    "moleculer" in broker && broker.registry.examples !== undefined ? [broker.registry.examples] : [],
  );
  if (others.some((other) => !isDeepStrictEqual(other, first)))
    throw new TidegateError(
      "CONFIG_INVALID",
      "Two brokers have different options registry.examples. Make them equal, or keep one.",
    );
  return first ?? {};
}

function serverOptions(server: ResolvedConfig["server"]): H3ServerOptions {
  const { update, application, protocol, middleware, context, access, branch } = server;
  return {
    ...protocol.http,
    ...application,
    access: { branches: access.branches, versions: access.versions },
    branch,
    bodyBytes: middleware.bodyParser.maxBytes,
    streamBytes: middleware.bodyParser.maxStreamBytes,
    exposeErrors: middleware.error.expose,
    auth: toParsers(context.auth),
    trustedProxies: context.ip?.trustedProxies ?? [],
    webSocket: { ...protocol.webSocket, ...update },
  };
}

function toParsers({ jwt: options, parsers }: AuthConfig = {}): AuthParsers {
  return { ...(options !== undefined && { Bearer: jwt(options) }), ...parsers };
}

function toLogger(logger: Logger | LoggerConfig): Logger {
  return "info" in logger ? logger : createConsola({ level: consolaLevels[logger.level ?? "info"] });
}

function enabledPolicies(section: Readonly<Record<string, unknown>>): Policy[] {
  return Object.entries(builtInPolicies).flatMap(([key, create]) =>
    section[key] === false ? [] : [create()],
  );
}

/** The plugin objects of a section. `createDefaultGateway` checks that they fulfil their contracts. */
function thirdPartyPlugins<Plugin extends { readonly contract: 2 }>(
  section: Readonly<Record<string, unknown>>,
): Plugin[] {
  return Object.values(section).filter((value) => isPlugin<Plugin>(value));
}
