import type { ServiceBroker } from "moleculer";
import { leaveInOrder } from "./goodbye.ts";
import { type MiddlewareFactory, middleware } from "./hooks.ts";
import { askAction } from "./peers.ts";
import { sendInfoByGossip } from "./tcp.ts";

/** Milliseconds between two notices: a node that changes without end tells of it fifty times a second. */
const spacing = 20;

const telling = new WeakSet<ServiceBroker>();

/**
 * Makes a broker tell each gateway at once when its services change (S9.3): Moleculer waits for a second, TCP for its next
 * round of gossip. What is sent is Moleculer's own packet with the sender's own services, so a gateway believes no node
 * about another. Makes it leave in order as well. Does nothing for a broker that does so already.
 */
export function tellGateways(broker: ServiceBroker): void {
  if (telling.has(broker)) return;
  telling.add(broker);
  leaveInOrder(broker);
  let planned = false;
  let last = 0;
  const send = (): void => {
    planned = false;
    last = Date.now();
    if (broker.started && !broker.stopping) sendInfo(broker);
  };
  const plan = (): void => {
    if (planned || !broker.started || broker.stopping) return;
    planned = true;
    const wait = last + spacing - Date.now();
    if (wait > 0) setTimeout(send, wait).unref();
    else setImmediate(send);
  };
  broker.localBus.on("$broker.started", plan);
  broker.localBus.on("$services.changed", ({ localService }: { localService: boolean }) => {
    if (localService) plan();
  });
}

/** A middleware that makes a broker tell gateways of its changes at once, and leave in order. */
export function notices(): MiddlewareFactory {
  return middleware("TidegateNotices", () => ({ created: tellGateways }));
}

/**
 * Makes a gateway's broker tell every node that it is there, now or when it has started, and each that comes: nodes would
 * know a gateway only after TCP's next rounds of gossip, or Moleculer's second. Returns what ends it.
 */
export function announceGateway(broker: ServiceBroker): () => void {
  const tell = (nodes: readonly string[]): void => {
    if (!broker.started || broker.stopping || nodes.length === 0) return;
    const info = broker.registry.getLocalNodeInfo();
    for (const id of nodes) sendTo(broker, info, id);
  };
  const tellAll = (): void => {
    const others = broker.registry.nodes.toArray().filter(({ local, available }) => !local && available);
    tell(others.map(({ id }) => id));
  };
  const connected = ({ node }: { node: { id: string } }): void => tell([node.id]);
  broker.localBus.on("$broker.started", tellAll);
  broker.localBus.on("$node.connected", connected);
  // The gateway's own service is registered after this turn.
  setImmediate(tellAll);
  return () => {
    broker.localBus.off("$broker.started", tellAll);
    broker.localBus.off("$node.connected", connected);
  };
}

function sendInfo(broker: ServiceBroker): void {
  const { registry } = broker;
  const endpoints = registry.getActionEndpoints(askAction)?.endpoints ?? [];
  const gateways = endpoints.filter(({ local, isAvailable }) => !local && isAvailable);
  if (gateways.length === 0) return;
  // So that also metadata that were changed in place are read again.
  Object.assign(registry, { localNodeInfoInvalidated: "seq" });
  const info = registry.getLocalNodeInfo();
  for (const { id } of gateways) sendTo(broker, info, id);
}

function sendTo(broker: ServiceBroker, info: Parameters<typeof sendInfoByGossip>[1], id: string): void {
  if (!sendInfoByGossip(broker, info, id)) void broker.transit?.sendNodeInfo(info, id);
}
