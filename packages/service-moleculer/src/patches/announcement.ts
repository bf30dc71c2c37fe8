/*
 * Patch: changes of services, and gateways, are announced at once (Moleculer 0.15).
 *
 * Moleculer sends its INFO packet a second after a change (`transit.serviceChangedDebounceTime`), and over
 * TCP only with the next rounds of gossip.
 *
 * Without the patch, a gateway serves a published change seconds later than the 50 ms that S9.3 allows, and
 * calls nodes that no longer have the service.
 *
 * Can be removed when Moleculer sends the INFO packet on a change without delay, over TCP too.
 */
import type { ServiceBroker } from "moleculer";
import { type MiddlewareFactory, middleware } from "../wire/middleware.ts";
import { askAction } from "../wire/names.ts";
import { isFirstPatch } from "../wire/patched.ts";
import { type NodeInfo, sendInfoByTcp } from "../wire/tcp.ts";
import { leaveGracefully } from "./graceful-leave.ts";

/**
 * Milliseconds between two announcements, so that a node that changes permanently sends at most 50 per
 * second.
 */
const minInterval = 20;

/** Returns a middleware that announces changes to gateways at once, and makes the broker leave gracefully. */
export function changeAnnouncement(): MiddlewareFactory {
  return middleware("TidegateChangeAnnouncement", () => ({ created: announceChanges }));
}

/**
 * Makes a broker send each gateway its INFO packet as soon as its services change (S9.3), and leave
 * gracefully. It is Moleculer's own packet with the sender's own services. Does nothing for a broker that is
 * patched already.
 */
export function announceChanges(broker: ServiceBroker): void {
  if (!isFirstPatch(broker, "announcement")) return;
  leaveGracefully(broker);
  let isScheduled = false;
  let lastAt = 0;
  const announce = (): void => {
    isScheduled = false;
    lastAt = Date.now();
    if (broker.started && !broker.stopping) announceToGateways(broker);
  };
  const schedule = (): void => {
    if (isScheduled || !broker.started || broker.stopping) return;
    isScheduled = true;
    const wait = lastAt + minInterval - Date.now();
    if (wait > 0) setTimeout(announce, wait).unref();
    else setImmediate(announce);
  };
  broker.localBus.on("$broker.started", schedule);
  broker.localBus.on("$services.changed", ({ localService }: { localService: boolean }) => {
    if (localService) schedule();
  });
}

/**
 * Makes a gateway's broker send its INFO packet to all nodes now or when it has started, and to each node
 * that connects later, so that nodes know to whom they have to announce changes. Returns a function that ends
 * the announcements.
 */
export function announceGateway(broker: ServiceBroker): () => void {
  const announceTo = (nodes: readonly string[]): void => {
    if (!broker.started || broker.stopping || nodes.length === 0) return;
    const info = broker.registry.getLocalNodeInfo();
    for (const id of nodes) sendInfo(broker, info, id);
  };
  const announceToAll = (): void => {
    const others = broker.registry.nodes.toArray().filter(({ local, available }) => !local && available);
    announceTo(others.map(({ id }) => id));
  };
  const connected = ({ node }: { node: { id: string } }): void => announceTo([node.id]);
  broker.localBus.on("$broker.started", announceToAll);
  broker.localBus.on("$node.connected", connected);
  // Moleculer registers the gateway's own service after this turn.
  setImmediate(announceToAll);
  return () => {
    broker.localBus.off("$broker.started", announceToAll);
    broker.localBus.off("$node.connected", connected);
  };
}

function announceToGateways(broker: ServiceBroker): void {
  const { registry } = broker;
  const endpoints = registry.getActionEndpoints(askAction)?.endpoints ?? [];
  const gateways = endpoints.filter(({ local, isAvailable }) => !local && isAvailable);
  if (gateways.length === 0) return;
  // Makes Moleculer generate the INFO again, so that metadata that a service changed in place are sent too.
  Object.assign(registry, { localNodeInfoInvalidated: "seq" });
  const info = registry.getLocalNodeInfo();
  for (const { id } of gateways) sendInfo(broker, info, id);
}

function sendInfo(broker: ServiceBroker, info: NodeInfo, id: string): void {
  if (!sendInfoByTcp(broker, info, id)) void broker.transit?.sendNodeInfo(info, id);
}
