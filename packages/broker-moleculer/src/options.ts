import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { BrokerOptions, ServiceBroker, ServiceSchema } from "moleculer";
import { gatewayPreset } from "./preset.ts";

/** Options of ours, beside Moleculer's (S13.1). */
export interface GatewayBrokerOptions {
  /** Its name in reports, where a gateway has several brokers. Default `moleculer`. */
  readonly name?: string;
  /** Milliseconds that a batched call may take, by the number of its entries. Default: 1 s each, 5 to 60 s (S5.4). */
  readonly batchedCallTimeout?: (entries: number) => number;
  /** Milliseconds that a call with a stream in its params may take. Default one hour. */
  readonly streamingCallTimeout?: number;
  /** The encoding of files below the root of params, which travel as text (S8). Default `base64`. */
  readonly streamingToStringEncoding?: BufferEncoding;
  /** Bytes that such a file may have. Default 512 KiB: the transporters' packets end at 1 MiB. */
  readonly streamingToStringLimit?: number;
  /** Bytes that a service's stream may be ahead of its reader before it is cut (S8). Default 16 MiB. */
  readonly maxBufferedBytes?: number;
  /** Services that run on the gateway's own node. */
  readonly services?: readonly ServiceSchema[];
}

/** Options of `moleculer()`: every one of Moleculer's own, and ours. */
export type MoleculerOptions = BrokerOptions & GatewayBrokerOptions;

/** Options of `moleculer()` inside a broker that is there already. */
export interface EmbeddedOptions extends GatewayBrokerOptions {
  /** The broker. Who made it starts and stops it. */
  readonly broker: ServiceBroker;
}

/** What is decided before the broker starts. */
export interface Settings {
  /** Ours, with defaults. */
  readonly own: Required<GatewayBrokerOptions>;
  /** Milliseconds that a call may take. */
  readonly requestTimeout: number;
  /** Milliseconds that running calls get when the broker stops. */
  readonly shutdownTimeout: number;
  /** Moleculer's, with our defaults; undefined inside a broker that is there already. */
  readonly moleculer: BrokerOptions | undefined;
}

/** Tells our options from Moleculer's, and fills in defaults. */
export function readOptions(options: MoleculerOptions | EmbeddedOptions): Settings {
  const {
    name = "moleculer",
    batchedCallTimeout = (entries) => Math.max(5_000, Math.min(60_000, entries * 1_000)),
    streamingCallTimeout = 3_600_000,
    streamingToStringEncoding = "base64",
    streamingToStringLimit = 512 * 1_024,
    maxBufferedBytes = 16 * 1_024 * 1_024,
    services = [],
    ...rest
  } = options;
  const given = "broker" in rest ? rest.broker.options : rest;
  return {
    own: {
      name,
      batchedCallTimeout,
      streamingCallTimeout,
      streamingToStringEncoding,
      streamingToStringLimit,
      maxBufferedBytes,
      services,
    },
    requestTimeout: given.requestTimeout || 10_000,
    shutdownTimeout: given.tracking?.shutdownTimeout ?? 5_000,
    moleculer: "broker" in rest ? undefined : withDefaults(rest, services.length > 0),
  };
}

/** Services on TCP without any server; a nodeID that two gateways of one machine do not share; nothing but warnings in the log. */
function withDefaults(options: BrokerOptions, hasServices: boolean): BrokerOptions {
  const given: BrokerOptions = {
    nodeID: `tidegate-${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}`,
    transporter: "TCP",
    logLevel: "warn",
    skipProcessEventRegistration: true,
    ...options,
  };
  return gatewayPreset(given, hasServices);
}
