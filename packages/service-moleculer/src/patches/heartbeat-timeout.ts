/*
 * Patch: the heartbeat timeout follows each node's own heartbeat interval (Moleculer 0.15).
 *
 * Moleculer applies the broker's `heartbeatTimeout` to all nodes, whatever heartbeat interval these have.
 *
 * Without the patch, a broker with the preset (3 s) takes a node with the preset and a longer
 * `heartbeatInterval` for lost.
 *
 * Can be removed when Moleculer exchanges heartbeat intervals.
 */
import type { ServiceBroker } from "moleculer";
import { announceCapabilities, capabilitiesOf } from "../wire/metadata.ts";
import { type MiddlewareFactory, middleware } from "../wire/middleware.ts";

/** The longest timeout in seconds: Moleculer's default timeout. */
const maxTimeout = 30;

/** Heartbeats that a node can miss before it counts as lost. */
const maxMissedHeartbeats = 3;

/**
 * Returns a middleware that announces this node's heartbeat interval, and applies to each other node the
 * timeout that the node's interval needs.
 */
export function heartbeatTimeout(): MiddlewareFactory {
  return middleware("TidegateHeartbeatTimeout", (broker) => ({
    created: () => {
      const { heartbeatInterval, heartbeatTimeout: timeout } = broker.options;
      if (!heartbeatInterval || !timeout) return;
      announceCapabilities(broker, { heartbeat: heartbeatInterval });
    },
  }));
}

/**
 * Seconds without a packet after which a broker takes a node for lost. 0: never. The broker's own timeout, or
 * that which the node's heartbeat interval needs, if it announces one. Nodes that announce none are pinged.
 */
export function heartbeatTimeoutOf(broker: ServiceBroker, nodeID: string): number {
  const own = broker.options.heartbeatTimeout ?? 0;
  // A broker whose options set the timeout does not use this middleware, so it announces no interval. Its
  // timeout holds.
  if (own <= 0 || capabilitiesOf(broker, broker.nodeID).heartbeat === undefined) return own;
  const { heartbeat } = capabilitiesOf(broker, nodeID);
  const needed = typeof heartbeat === "number" && heartbeat > 0 ? heartbeat * maxMissedHeartbeats : own;
  return Math.max(own, Math.min(needed, maxTimeout));
}
