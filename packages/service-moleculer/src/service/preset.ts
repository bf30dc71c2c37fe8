import type { BrokerOptions } from "moleculer";
import { messageSizes } from "../messages/message-sizes.ts";
import { changeAnnouncement } from "../patches/announcement.ts";
import { circuitBreaker, circuitBreakerPatch } from "../patches/circuit-breaker.ts";
import { gossipVerification } from "../patches/gossip-verification.ts";
import { heartbeatTimeout } from "../patches/heartbeat-timeout.ts";
import { nodeAddress } from "../patches/node-address.ts";
import { nodeLiveness } from "../patches/node-liveness.ts";
import { transporterOutages } from "../patches/transporter-outages.ts";
import { streamFlowControl } from "../streams/flow-control.ts";
import { sharedDefaults, toMiddlewares } from "../wire/middleware.ts";
import { contextPropagation } from "./context-propagation.ts";

/** The options of `preset`: all of Moleculer's `ServiceBroker`, and its own. */
export interface PresetOptions extends BrokerOptions {
  /**
   * Bytes of the largest params, answer or event, as serialised, that this node sends or receives. What does
   * not fit into one packet of the transporter travels in pieces. Default 16 MiB; the gateway has the same
   * option.
   */
  readonly maxMessageBytes?: number;
}

/**
 * Returns options for the brokers of services (S13.1): `new ServiceBroker(preset({ namespace, transporter
 * }))`.
 *
 * Calls time out after 10 s. Heartbeats are sent every second, and a node that has not answered for 3 s is
 * lost, over TCP too. The circuit breaker stops an action on a node where half of its calls time out. A
 * broker that stops announces it first, and lets running calls finish for up to 5 s. Changes are announced to
 * gateways at once, to other nodes after 50 ms. TCP gossip about third nodes is verified. The middlewares
 * make nested calls follow the request's branch, pass on deadlines and cancellation, and give streams
 * back-pressure. Large messages travel in pieces; an answer or error that cannot be sent is replaced instead
 * of ending the process.
 * @param options Moleculer's own. They override the preset's; their middlewares are added to the preset's
 */
export function preset({ maxMessageBytes, ...options }: PresetOptions = {}): BrokerOptions {
  const middlewares = toMiddlewares([
    messageSizes(maxMessageBytes),
    streamFlowControl(),
    contextPropagation(),
    changeAnnouncement(),
    gossipVerification(),
    transporterOutages(),
    nodeLiveness(),
    nodeAddress(),
    circuitBreakerPatch(),
    ...(options.heartbeatTimeout === undefined ? [heartbeatTimeout()] : []),
  ]);
  return {
    ...sharedDefaults,
    ...options,
    circuitBreaker: { ...circuitBreaker, ...options.circuitBreaker },
    tracking: { enabled: true, shutdownTimeout: 5_000, ...options.tracking },
    transit: { ...changeDebounce, ...options.transit },
    middlewares: [...middlewares, ...(options.middlewares ?? [])],
  };
}

/** Milliseconds until other nodes are informed of a change. Moleculer's types do not know the option. */
const changeDebounce = { serviceChangedDebounceTime: 50 };
