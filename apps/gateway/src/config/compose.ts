import { isDeepStrictEqual } from "node:util";
import { moleculer } from "@tidegate/broker-moleculer";
import {
  type ContextFactory,
  type ExamplesOptions,
  type Logger,
  type Policy,
  type Protocol,
  TidegateError,
} from "@tidegate/core-registry";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { sandbox } from "@tidegate/sandbox";
import { type AuthParsers, type H3ServerOptions, h3Server, jwt } from "@tidegate/server-h3";
import { createConsola } from "consola";
import type { AdminOptions } from "../admin/admin.ts";
import type { GatewayOptions } from "../create-gateway.ts";
import { isPlugin } from "./option.ts";
import type { AdminConfig, AuthConfig, LoggerConfig, ResolvedConfig, ResolvedProtocols } from "./types.ts";

/** consola's numbers. */
const levels = { silent: Number.NEGATIVE_INFINITY, error: 0, warn: 1, info: 3, debug: 4 } as const;

const policies: Readonly<Record<string, () => Policy>> = { scope, filter };

/** The parts of a gateway as its configuration asks for them. */
export function compose(config: ResolvedConfig): GatewayOptions {
  const { schema, server } = config;
  const { maxVersions, maxUnusedSeconds, debounceSeconds, lostSeconds, readyAfterSeconds, expect } = schema;
  const { guard, maxCompiled } = schema;
  const { status, diff, catalog, check } = server.access;
  return {
    brokers: config.brokers.map((broker) => ("moleculer" in broker ? moleculer(broker.moleculer) : broker)),
    protocols: [...ownProtocols(schema.protocol), ...thirdParties<Protocol>(schema.protocol)],
    policies: [...chosen(policies, schema.policy), ...thirdParties<Policy>(schema.policy)],
    disabledPolicies: Object.entries(policies).flatMap(([key, make]) =>
      schema.policy[key] === false ? [make()] : [],
    ),
    sandbox: sandbox({ util: sharedUtil(config.brokers) }),
    server: h3Server(serverOptions(server)),
    contexts: thirdParties<ContextFactory>(server.context),
    logger: toLogger(config.logger),
    pages: { status, diff, catalog, check },
    admin: config.admin === false ? false : adminOptions(config.admin),
    examples: sharedExamples(config.brokers),
    breakingChanges: typeof guard === "string" ? { "*": guard } : guard,
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

function ownProtocols({ REST, GraphQL, WebSocket }: ResolvedProtocols): Protocol[] {
  return [
    ...(REST === false ? [] : [rest()]),
    ...(GraphQL === false ? [] : [graphql(GraphQL)]),
    ...(WebSocket === false ? [] : [webSocket()]),
  ];
}

/** The sandbox is the gateway's: what its brokers offer is one. */
function sharedUtil(brokers: ResolvedConfig["brokers"]): Readonly<Record<string, unknown>> {
  const offered = brokers.flatMap((broker) =>
    "moleculer" in broker ? Object.entries(broker.function?.util ?? {}) : [],
  );
  const util = new Map<string, unknown>();
  for (const [name, value] of offered) {
    if (util.has(name))
      throw new TidegateError("CONFIG_INVALID", `Two brokers offer util.${name}: keep one.`);
    util.set(name, value);
  }
  return Object.fromEntries(util);
}

/** One sample is kept for the gateway: what its brokers say of it is one. */
function sharedExamples(brokers: ResolvedConfig["brokers"]): ExamplesOptions {
  const [first, ...others] = brokers.flatMap((broker) =>
    "moleculer" in broker && broker.registry.examples !== undefined ? [broker.registry.examples] : [],
  );
  if (others.some((other) => !isDeepStrictEqual(other, first)))
    throw new TidegateError("CONFIG_INVALID", "Two brokers have different registry.examples: keep one.");
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
  return "info" in logger ? logger : createConsola({ level: levels[logger.level ?? "info"] });
}

/** Ours that the configuration did not switch off, in our order. */
function chosen<Plugin>(
  ours: Readonly<Record<string, () => Plugin>>,
  section: Readonly<Record<string, unknown>>,
): Plugin[] {
  return Object.entries(ours).flatMap(([key, make]) => (section[key] === false ? [] : [make()]));
}

/** The plugins that stand in a section as they are. `createGateway` checks that they keep their contract. */
function thirdParties<Plugin extends { readonly contract: 1 }>(
  section: Readonly<Record<string, unknown>>,
): Plugin[] {
  return Object.values(section).filter((value) => isPlugin<Plugin>(value));
}
