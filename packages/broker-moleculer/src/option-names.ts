import type { BrokerOptions } from "moleculer";
import type { GatewayBrokerOptions } from "./options.ts";

const own: Readonly<Record<keyof GatewayBrokerOptions, true>> = {
  name: true,
  batchedCallTimeout: true,
  streamingCallTimeout: true,
  streamingToStringEncoding: true,
  streamingToStringLimit: true,
  maxBufferedBytes: true,
  services: true,
};

const moleculers: Readonly<Record<keyof BrokerOptions, true>> = {
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

/** The names of every option of `moleculer()`: ours, Moleculer's own, and `broker`. For who checks a configuration. */
export const moleculerOptionNames: readonly string[] = [
  ...Object.keys(own),
  ...Object.keys(moleculers),
  "broker",
];
