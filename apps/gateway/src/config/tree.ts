import {
  type EmbeddedOptions,
  type MoleculerOptions,
  moleculerOptionNames,
} from "@tidegate/broker-moleculer";
import type { Broker, ContextFactory, Logger, Middleware, Policy, Protocol } from "@tidegate/core-registry";
import type { ScalarOption } from "@tidegate/protocol-graphql";
import { type AuthParser, defaultDrainDelaySeconds, type JwtOptions } from "@tidegate/server-h3";
import { z } from "zod";
import {
  configError,
  isPlugin,
  later,
  libraryOptions,
  live,
  openSection,
  section,
  thirdParty,
} from "./option.ts";
import type { GatewayConfig, NoOptions, ProtocolConfig, ResolvedConfig, ResolvedProtocols } from "./types.ts";

const year = 31_536_000;
const seconds = z.number().min(0).max(year);
const bytes = z.int().min(0);

const examples = section({
  processIntervalSeconds: z.number().min(1).max(year).default(5),
  queueLimit: z.int().min(0).max(10_000).default(50),
  limitPerActions: z.int().min(0).max(1_000).default(10),
  limitPerEvents: z.int().min(0).max(1_000).default(10),
  streamNotation: z.string().default("*STREAM*"),
  omittedNotation: z.string().default("*OMITTED*"),
  omittedLimit: z.int().min(0).max(10_000).default(100),
  redactedNotation: z.string().default("*REDACTED*"),
  redactedParamNameRegExps: z.array(live<RegExp>("a regular expression", isRegExp)).default([]),
});

const broker = section({
  moleculer: libraryOptions<MoleculerOptions | EmbeddedOptions>(moleculerOptionNames),
  http: later("HTTP upstreams"),
  registry: section({ examples: examples.optional(), healthCheck: later("health checks") }).prefault({}),
  batching: later("batched calls"),
  function: section({ util: z.record(z.string(), z.unknown()).default({}) }).prefault({}),
  reporter: later("the layout of reports"),
  log: later("a log of calls and events"),
});

const positive = z.int().min(1);

/** The options of a plugin that has none: `{}`, or `false` to leave the plugin out. */
const noOptions: z.ZodType<NoOptions | false, NoOptions | false> = z.union([section({}), z.literal(false)], {
  error: "must be {} or false",
});

/** The options of `graphql()`, with the plugin's defaults. */
const graphql = section({
  maxDepth: positive.default(15),
  maxAliases: z.int().min(0).default(30),
  maxTokens: positive.default(2_000),
  maxDirectives: z.int().min(0).default(50),
  maxTypes: positive.default(500),
  maxFields: positive.default(1_000),
  maxValues: positive.default(1_000),
  maxArguments: positive.default(100),
  maxMembers: positive.default(500),
  maxDefinitions: positive.default(5_000),
  maxWaiting: positive.default(1_000),
  maxBranchTypes: positive.default(5_000),
  maxOperations: positive.default(1_000),
  maxSocketOperations: positive.default(100),
  introspection: z.boolean().default(true),
  graphiql: z.boolean().default(true),
  scalars: z.record(z.string(), live<ScalarOption>("a scalar: an object", isObject)).default({}),
});

/** `schema.protocol`. The built-in protocols are on unless they are `false`. */
const protocols: z.ZodType<ResolvedProtocols, ProtocolConfig> = openSection(
  {
    REST: noOptions.default({}),
    GraphQL: z.union([graphql, z.literal(false)], { error: "must be { ... } or false" }).prefault({}),
    WebSocket: noOptions.default({}),
  },
  thirdParty<Protocol>("a protocol plugin"),
);

const breakingChange = z.enum(["off", "warn", "block"]);
const breakingChanges = z.union(
  [breakingChange, z.record(z.string().regex(/^(?:[a-z0-9_-]{1,64}|\*)$/), breakingChange)],
  {
    error: 'must be "off", "warn", "block", or one of them by branch: { master: "block", "*": "warn" }',
  },
);

const schema = section({
  maxVersions: z.int().min(1).max(1_000).default(10),
  maxUnusedSeconds: seconds.default(1_800),
  debounceSeconds: seconds.default(2),
  lostSeconds: seconds.default(15),
  readyAfterSeconds: seconds.default(30),
  expect: z.array(z.string().min(1)).default([]),
  breakingChanges: breakingChanges.default("warn"),
  guard: breakingChanges.optional(),
  pluginTimeoutSeconds: z.number().positive().max(3_600).default(10),
  maxCompiled: z.int().min(1).max(10_000).default(20),
  protocol: protocols.prefault({}),
  policy: openSection(
    { scope: noOptions.default({}), filter: noOptions.default({}) },
    thirdParty<Policy>("a policy plugin"),
  ).prefault({}),
});

const jwt = section({
  secret: z.union([z.string(), z.instanceof(Uint8Array)]).exactOptional(),
  key: live<NonNullable<JwtOptions["key"]>>("a key", isObject).exactOptional(),
  algorithms: z.array(z.string()).exactOptional(),
  issuer: z.union([z.string(), z.array(z.string())]).exactOptional(),
  audience: z.union([z.string(), z.array(z.string())]).exactOptional(),
  clockToleranceSeconds: seconds.exactOptional(),
});

const context = openSection(
  {
    auth: section({
      jwt: jwt.optional(),
      parsers: z.record(z.string(), live<AuthParser>("a function", isFunction)).optional(),
    }).optional(),
    ip: section({ trustedProxies: z.array(z.string()).default([]) }).optional(),
    id: later("options of request ids"),
    locale: later("the context value locale"),
    cookie: later("the context value cookie"),
    userAgent: later("the context value userAgent"),
    request: later("options of the context value request"),
    headers: later("the context value headers"),
  },
  thirdParty<ContextFactory>("a context factory"),
);

const middleware = openSection(
  {
    bodyParser: section({
      maxBytes: bytes.default(1_048_576),
      maxStreamBytes: bytes.default(1_073_741_824),
    }).prefault({}),
    error: section({ expose: z.boolean().default(false) }).prefault({}),
    cors: later("CORS"),
    helmet: later("security headers"),
    serveStatic: later("static files"),
    compression: later("compression"),
    logging: later("a log of requests"),
  },
  thirdParty<Middleware>("a middleware"),
);

const accessLevels = [z.enum(["open", "local"]), section({ scope: z.string().min(1) })] as const;
const access = z.union(accessLevels, { error: 'must be "open", "local" or { scope: "NAME" }' });
const pageAccess = z.union([...accessLevels, z.literal(false)], {
  error: 'must be "open", "local", { scope: "NAME" } or false',
});

const server = section({
  update: section({
    onRetire: z.enum(["close", "keep"]).default("close"),
    retireSeconds: seconds.default(5),
  }).prefault({}),
  application: section({
    drainDelaySeconds: seconds.default(() => defaultDrainDelaySeconds()),
    drainSeconds: seconds.default(30),
    maxConnections: z.int().min(1).default(10_000),
  }).prefault({}),
  protocol: section({
    http: section({
      host: z.string().min(1).default("127.0.0.1"),
      port: z.int().min(0).max(65_535).default(8_080),
    }).prefault({}),
    https: later("HTTPS"),
    webSocket: section({
      origins: z.union([z.literal("any"), z.array(z.string().min(1))]).default([]),
      maxPayload: z.int().min(1).default(1_048_576),
      maxBufferedBytes: z.int().min(1).default(1_048_576),
      idleSeconds: z.number().min(1).max(3_600).default(30),
      maxSockets: z.int().min(1).default(10_000),
      onExpire: z.enum(["close", "keep"]).default("close"),
    }).prefault({}),
  }).prefault({}),
  middleware: middleware.prefault({}),
  context: context.prefault({}),
  access: section({
    branches: access.default("local"),
    versions: access.default("local"),
    status: pageAccess.default("local"),
    diff: pageAccess.default("local"),
    catalog: pageAccess.default("local"),
    check: pageAccess.default("local"),
  }).prefault({}),
  branch: section({
    header: z.string().min(1).exactOptional(),
    cookie: z.string().min(1).exactOptional(),
    host: z.record(z.string(), z.string()).default({}),
  }).prefault({}),
});

const logger = section({ level: z.enum(["silent", "error", "warn", "info", "debug"]).default("info") });

const admin = z.union([section({ socket: z.string().min(1).exactOptional() }), z.literal(false)], {
  error: 'must be { socket: "PATH" } or false',
});

const customLogger = live<Logger>("a logger: debug, info, warn and error", isLogger);

const tree = section({
  brokers: z
    .array(
      z.union([live<Broker>("a broker plugin", isPlugin), broker], {
        error: "must be { moleculer: { ... } } or a broker plugin",
      }),
    )
    .prefault([{ moleculer: {} }]),
  schema: schema.prefault({}),
  server: server.prefault({}),
  admin: admin.prefault({}),
  logger: z
    .union([customLogger, logger], {
      error: "must be { level: ... }, or a logger with debug, info, warn and error",
    })
    .prefault({}),
  skipProcessEventRegistration: z.boolean().default(false),
});

/** The schema of the configuration (S15): validates a configuration and fills in the defaults. */
export const configSchema: z.ZodType<ResolvedConfig, GatewayConfig> = tree;

/**
 * Validates a configuration and fills in the defaults (S15).
 * @param source the name of the configuration's file, for error messages
 * @throws {TidegateError} `CONFIG_INVALID` with the path of every invalid option, and a similar name for
 * unknown options
 */
export function readConfig(value: unknown, source = "the configuration"): ResolvedConfig {
  const result = configSchema.safeParse(value);
  if (!result.success) throw configError(source, result.error.issues);
  return result.data;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isFunction(value: unknown): value is AuthParser {
  return typeof value === "function";
}

function isRegExp(value: unknown): boolean {
  return value instanceof RegExp;
}

function isLogger(value: unknown): value is Logger {
  return (
    isObject(value) &&
    ["debug", "info", "warn", "error"].every((name) => isFunction(Reflect.get(value, name)))
  );
}
