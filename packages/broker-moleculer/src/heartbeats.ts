import type { ServiceBroker } from "moleculer";
import { declareOnNode, wordOf } from "./declare.ts";
import { type MiddlewareFactory, middleware } from "./hooks.ts";

/** Seconds of silence after which a node that says nothing of its heartbeats is lost: Moleculer's own, of 10 s each. */
const patience = 30;

/** Heartbeats that a node may miss. */
const mayMiss = 3;

/** Seconds that a node may be silent before a broker takes it for lost. 0: without end. */
export function silenceAllowed(broker: ServiceBroker, nodeID: string): number {
  const own = broker.options.heartbeatTimeout ?? 0;
  // Who says how long nodes may be silent, and not how often it sends, is taken at the word.
  if (own <= 0 || wordOf(broker, broker.nodeID).heartbeat === undefined) return own;
  const { heartbeat } = wordOf(broker, nodeID);
  const said = typeof heartbeat === "number" && heartbeat > 0 ? heartbeat * mayMiss : patience;
  return Math.max(own, Math.min(said, patience));
}

/**
 * Lets a broker that is quick to miss heartbeats live with nodes that are slow to send them: it says in its metadata how
 * often it sends them, and waits for others as long as what they say, or do not say, asks for.
 */
export function heartbeats(): MiddlewareFactory {
  return middleware("TidegateHeartbeats", (broker) => ({
    created: () => {
      const { heartbeatInterval, heartbeatTimeout } = broker.options;
      if (!heartbeatInterval || !heartbeatTimeout) return;
      declareOnNode(broker, { heartbeat: heartbeatInterval });
      const { discoverer, nodes } = broker.registry;
      discoverer.checkRemoteNodes = () => {
        const now = Math.round(process.uptime());
        for (const node of nodes.toArray()) {
          if (node.local || !node.available) continue;
          // Moleculer's own check: one that was not heard yet begins now.
          if (!node.lastHeartbeatTime) node.lastHeartbeatTime = now;
          else if (now - node.lastHeartbeatTime > silenceAllowed(broker, node.id)) {
            broker.logger.warn(`Heartbeat is not received from '${node.id}' node.`);
            nodes.disconnected(node.id, true);
          }
        }
      };
    },
  }));
}
