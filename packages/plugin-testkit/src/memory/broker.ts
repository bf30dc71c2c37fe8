import { systemClock } from "@tidegate/core-registry";
import { type GatewayConnection, gatewayConnection } from "./gateway.ts";
import { createHost } from "./host.ts";
import { memoryNode } from "./node.ts";
import { createSystem } from "./system.ts";
import type { MemoryBroker, MemoryBrokerOptions, MemoryNode } from "./types.ts";

/**
 * Makes a distributed system in memory with a broker that is connected to it (S13): nodes join, publish, change, leave
 * and are lost as the test says. Everything is told to the sinks at once, in the caller's turn; how long a call takes is
 * up to its handler's promise.
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const { clock = systemClock, name = "memory" } = options;
  const system = createSystem(name, clock);
  const nodes = new Map<string, MemoryNode>();
  const gateways = new Map<string, GatewayConnection>();
  const gateway = (node: string): GatewayConnection => {
    const connection = gateways.get(node) ?? gatewayConnection(system, node, options);
    gateways.set(node, connection);
    return connection;
  };
  const first = gateway("gateway");

  return {
    broker: first.broker,
    gateway: (node) => gateway(node).broker,
    node: (id, hostname = "localhost") => {
      const node = nodes.get(id) ?? memoryNode(system, createHost(id, hostname));
      nodes.set(id, node);
      return node;
    },
    calls: system.calls.items,
    count: (action, node) => {
      let sum = 0;
      for (const [calledAction, byNode] of system.counts)
        for (const [calledNode, times] of byNode)
          if ((action ?? calledAction) === calledAction && (node ?? calledNode) === calledNode) sum += times;
      return sum;
    },
    published: system.published.items,
    get patterns() {
      return first.patterns();
    },
    get running() {
      let sum = 0;
      for (const { running } of gateways.values()) sum += running();
      return sum;
    },
    setHealth: (state, reason) => {
      system.health = { state, since: clock.now(), ...(reason !== undefined && { reason }) };
    },
  };
}
