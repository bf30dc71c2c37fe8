/*
 * Patch: the heartbeat timeout follows each node's own heartbeat interval (Moleculer 0.15).
 *
 * Moleculer applies the broker's `heartbeatTimeout` to all nodes (`checkRemoteNodes` in
 * `registry/discoverers/base.js`), whatever heartbeat interval these have.
 *
 * Without the patch, a broker with the preset (3 s) takes nodes with Moleculer's default interval of 10 s for
 * lost.
 *
 * Can be removed when all nodes use the preset, or Moleculer exchanges heartbeat intervals.
 */
import type { ServiceBroker } from "moleculer";
import { announceCapabilities, capabilitiesOf } from "../wire/metadata.ts";
import { type MiddlewareFactory, middleware } from "../wire/middleware.ts";

/**
 * The longest timeout in seconds, also for nodes that announce no interval: Moleculer's default timeout.
 */
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
      broker.registry.discoverer.checkRemoteNodes = () => checkRemoteNodes(broker);
    },
  }));
}

/** Seconds without a heartbeat after which a broker takes a node for lost. 0: never. */
export function heartbeatTimeoutOf(broker: ServiceBroker, nodeID: string): number {
  const own = broker.options.heartbeatTimeout ?? 0;
  // A broker whose options set the timeout does not use this middleware, so it announces no interval. Its
  // timeout holds.
  if (own <= 0 || capabilitiesOf(broker, broker.nodeID).heartbeat === undefined) return own;
  const { heartbeat } = capabilitiesOf(broker, nodeID);
  const needed =
    typeof heartbeat === "number" && heartbeat > 0 ? heartbeat * maxMissedHeartbeats : maxTimeout;
  return Math.max(own, Math.min(needed, maxTimeout));
}

/** Moleculer's own check with a timeout for each node. */
function checkRemoteNodes(broker: ServiceBroker): void {
  const { nodes } = broker.registry;
  const now = Math.round(process.uptime());
  for (const node of nodes.toArray()) {
    if (node.local || !node.available) continue;
    // As in Moleculer, the timeout of a node without a first heartbeat starts now.
    if (!node.lastHeartbeatTime) node.lastHeartbeatTime = now;
    else if (now - node.lastHeartbeatTime > heartbeatTimeoutOf(broker, node.id)) {
      broker.logger.warn(`Heartbeat is not received from '${node.id}' node.`);
      nodes.disconnected(node.id, true);
    }
  }
}
