import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import {
  circuitBreaker,
  circuitBreakerPatch,
  contextPropagation,
  defaultMaxMessageBytes,
  heartbeatTimeout,
  messageSizes,
  nodeAddress,
  nodeLiveness,
  sharedDefaults,
  streamFlowControl,
  toMiddlewares,
  transporterOutages,
} from "@tidegate/service-moleculer/wire";
import type { BrokerOptions, ServiceBroker, ServiceSchema } from "moleculer";

/** The options of `moleculer()` beside Moleculer's own (S13.1). */
export interface GatewayBrokerOptions {
  /** Names the broker in reports, if a gateway has several brokers. Default `moleculer`. */
  readonly name?: string;
  /**
   * Milliseconds that a batched call can take, by the number of its entries. Default: 1 s each, 5 to 60 s
   * (S5.4).
   */
  readonly batchedCallTimeout?: (entries: number) => number;
  /** Milliseconds that a call with a stream in its params can take. Default one hour. */
  readonly streamingCallTimeout?: number;
  /** The encoding of files below the root of params, which are sent as text (S8). Default `base64`. */
  readonly streamingToStringEncoding?: BufferEncoding;
  /** Bytes that such a file can have. Default 512 KiB: the transporters limit packets to 1 MiB. */
  readonly streamingToStringLimit?: number;
  /** Bytes that a service's stream can be ahead of its reader before it is cut (S8). Default 16 MiB. */
  readonly maxBufferedBytes?: number;
  /**
   * Bytes of the largest params, answer or event, as serialised (S13.1). What does not fit into one packet of
   * the transporter travels in pieces to and from nodes with the preset, whose option has the same name.
   * Default 16 MiB.
   */
  readonly maxMessageBytes?: number;
  /** Services that run on the gateway's own node. */
  readonly services?: readonly ServiceSchema[];
}

/** The options of `moleculer()`: all of Moleculer's `ServiceBroker`, and those of `GatewayBrokerOptions`. */
export type MoleculerOptions = BrokerOptions & GatewayBrokerOptions;

/** The options of `moleculer()` inside an existing broker. */
export interface EmbeddedOptions extends GatewayBrokerOptions {
  /** The existing broker. Its owner starts and stops it. */
  readonly broker: ServiceBroker;
}

/** The options of `moleculer()` after defaults were applied. */
export interface Settings {
  readonly own: Required<GatewayBrokerOptions>;
  /** Milliseconds that a call can take. */
  readonly requestTimeout: number;
  /** Milliseconds that running calls have when the broker stops. */
  readonly shutdownTimeout: number;
  /** The existing broker, or the options of the broker that is to be created. */
  readonly broker: { readonly existing: ServiceBroker } | { readonly options: BrokerOptions };
}

/** Separates the options of `GatewayBrokerOptions` from Moleculer's, and applies defaults. */
export function readOptions(options: MoleculerOptions | EmbeddedOptions): Settings {
  const {
    name = "moleculer",
    batchedCallTimeout = (entries) => Math.max(5_000, Math.min(60_000, entries * 1_000)),
    streamingCallTimeout = 3_600_000,
    streamingToStringEncoding = "base64",
    streamingToStringLimit = 512 * 1_024,
    maxBufferedBytes = 16 * 1_024 * 1_024,
    maxMessageBytes = defaultMaxMessageBytes,
    services = [],
    ...rest
  } = options;
  const { requestTimeout, tracking } = "broker" in rest ? rest.broker.options : rest;
  return {
    own: {
      name,
      batchedCallTimeout,
      streamingCallTimeout,
      streamingToStringEncoding,
      streamingToStringLimit,
      maxBufferedBytes,
      maxMessageBytes,
      services,
    },
    requestTimeout: requestTimeout || 10_000,
    shutdownTimeout: tracking?.shutdownTimeout ?? 5_000,
    broker:
      "broker" in rest
        ? { existing: rest.broker }
        : { options: withDefaults(rest, services.length > 0, maxMessageBytes) },
  };
}

/**
 * Applies the gateway's defaults to Moleculer's options, and adds the middlewares. Context propagation is
 * added only if services run on the gateway's node.
 */
function withDefaults(options: BrokerOptions, hasServices: boolean, maxMessageBytes: number): BrokerOptions {
  const middlewares = toMiddlewares([
    messageSizes(maxMessageBytes),
    streamFlowControl(),
    ...(hasServices ? [contextPropagation()] : []),
    transporterOutages(),
    nodeLiveness(),
    nodeAddress(),
    circuitBreakerPatch(),
    ...(options.heartbeatTimeout === undefined ? [heartbeatTimeout()] : []),
  ]);
  return {
    ...sharedDefaults,
    // Two gateways on one machine, or in one process, need different node ids.
    nodeID: `tidegate-${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}`,
    transporter: "TCP",
    logLevel: "warn",
    skipProcessEventRegistration: true,
    ...options,
    circuitBreaker: { ...circuitBreaker, ...options.circuitBreaker },
    middlewares: [...middlewares, ...(options.middlewares ?? [])],
  };
}

const ownNames: Readonly<Record<keyof GatewayBrokerOptions, true>> = {
  name: true,
  batchedCallTimeout: true,
  streamingCallTimeout: true,
  streamingToStringEncoding: true,
  streamingToStringLimit: true,
  maxBufferedBytes: true,
  maxMessageBytes: true,
  services: true,
};

const moleculerNames: Readonly<Record<keyof BrokerOptions, true>> = {
  namespace: true,
  nodeID: true,
  logger: true,
  logLevel: true,
  transporter: true,
  requestTimeout: true,
  retryPolicy: true,
  contextParamsCloning: true,
  maxCallLevel: true,
  heartbeatInterval: true,
  heartbeatTimeout: true,
  tracking: true,
  disableBalancer: true,
  registry: true,
  circuitBreaker: true,
  bulkhead: true,
  transit: true,
  uidGenerator: true,
  errorHandler: true,
  cacher: true,
  serializer: true,
  validator: true,
  errorRegenerator: true,
  metrics: true,
  tracing: true,
  internalServices: true,
  internalMiddlewares: true,
  dependencyInterval: true,
  dependencyTimeout: true,
  hotReload: true,
  middlewares: true,
  replOptions: true,
  metadata: true,
  ServiceFactory: true,
  ContextFactory: true,
  Promise: true,
  created: true,
  started: true,
  stopped: true,
  skipProcessEventRegistration: true,
  maxSafeObjectSize: true,
};

/**
 * The names of all options of `moleculer()`: its own, Moleculer's and `broker`. For the validation of
 * configurations.
 */
export const moleculerOptionNames: readonly string[] = [
  ...Object.keys(ownNames),
  ...Object.keys(moleculerNames),
  "broker",
];
