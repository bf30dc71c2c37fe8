import { systemClock, TidegateError } from "@tidegate/core-registry";
import { recorder } from "../recorder.ts";
import { MemoryGateway } from "./gateway.ts";
import type { NodeState } from "./node.ts";
import {
  announceConnection,
  announceDown,
  announceUp,
  createSystem,
  type MemorySystem,
  sendEvent,
} from "./system.ts";
import type { MemoryBroker, MemoryBrokerOptions, MemoryNode } from "./types.ts";

/**
 * Creates a distributed system in memory with a broker that is connected to it (S13). The test lets nodes
 * join, publish, change, leave and crash. Sinks are called synchronously; a call takes as long as the promise
 * of its handler.
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const { clock = systemClock, name = "memory" } = options;
  const system = createSystem(name, clock);
  const nodes = new Map<string, MemoryNode>();
  const gateways = new Map<string, MemoryGateway>();
  const gateway = (node: string): MemoryGateway => {
    const found = gateways.get(node) ?? new MemoryGateway(system, node, options);
    gateways.set(node, found);
    return found;
  };
  const first = gateway("gateway");

  return {
    broker: first.broker,
    gateway: (node) => gateway(node).broker,
    node: (id, hostname = "localhost") => {
      const node = nodes.get(id) ?? createNode(system, id, hostname);
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
      return first.patterns;
    },
    get running() {
      let sum = 0;
      for (const { running } of gateways.values()) sum += running;
      return sum;
    },
    setHealth: (state, reason) => {
      const wasUp = system.health.state === "up";
      system.health = { state, since: clock.now(), ...(reason !== undefined && { reason }) };
      const isUp = state === "up";
      if (isUp !== wasUp) announceConnection(system, isUp ? "up" : "lost");
    },
  };
}

/** Creates a node that the test controls. It joins the system with its first service. */
function createNode(system: MemorySystem, id: string, hostname: string): MemoryNode {
  const { nodes } = system;
  const node: NodeState = {
    id,
    hostname,
    services: new Map(),
    running: new Set(),
    reports: recorder("report"),
  };
  const removeNode = (reason: "left" | "lost"): void => {
    if (nodes.get(id) === node) nodes.delete(id);
    const services = [...node.services.keys()];
    node.services.clear();
    for (const service of services) announceDown(system, service, id, reason);
  };
  return {
    id,
    publish: (service) => {
      nodes.set(id, node);
      node.services.set(service.name, service);
      announceUp(system, node, service);
    },
    withdraw: (service) => {
      if (node.services.delete(service)) announceDown(system, service, id, "left");
    },
    leave: () => removeNode("left"),
    crash: () => {
      removeNode("lost");
      const error = new TidegateError("ACTION_UNAVAILABLE", `Node ${id} was lost.`, { dispatched: true });
      for (const fail of [...node.running]) fail(error);
    },
    emit: (event, params, groups) =>
      sendEvent(system, { event, params, broadcast: false, ...(groups && { groups }) }, id),
    broadcast: (event, params, groups) =>
      sendEvent(system, { event, params, broadcast: true, ...(groups && { groups }) }, id),
    reports: node.reports.items,
    waitForReport: (matches) => node.reports.waitFor(matches),
  };
}
