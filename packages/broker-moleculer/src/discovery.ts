import { hash } from "node:crypto";
import type { BrokerSink, ServiceDescription } from "@tidegate/core-registry";
import type { ServiceBroker } from "moleculer";
import { describeService, type RawService } from "./describe.ts";

/** Follows a broker's registry and tells a sink what changed. */
export interface Discovery {
  /** Reads the registry and tells what differs from what was told. */
  refresh(): void;
  /** Takes note that a service says it goes: its node's end is no loss then. */
  leaving(service: string, node: string): void;
  /** Listens no more. */
  stop(): void;
}

interface KnownNode {
  /** The INFO packet that was read last. */
  info: unknown;
  /** Hashes of what was told, by full name. */
  readonly services: Map<string, string>;
  /** Services that take reports: they have the mixin, which says so when they leave. */
  readonly polite: Set<string>;
}

/** The action by which a service takes its reports, and by which the mixin is known. */
export const reportAction = "$report";

/**
 * Watches a broker's registry. Each service is read per node, from the node's own INFO packet: Moleculer's lists keep the
 * first node's metadata when they group, and actions that are gone. A node whose packet is the same is not read again.
 */
export function watchRegistry(broker: ServiceBroker, sink: BrokerSink): Discovery {
  const nodes = new Map<string, KnownNode>();
  const goodbyes = new Set<string>();

  const goDown = (id: string, known: KnownNode, service: string, how: "left" | "lost"): void => {
    const said = goodbyes.delete(`${service}@${id}`);
    known.services.delete(service);
    const polite = known.polite.delete(service);
    sink.serviceDown(service, id, how === "left" && polite && !said ? "lost" : how);
  };

  const read = (id: string, hostname: string | null, services: readonly RawService[]): void => {
    const known: KnownNode = nodes.get(id) ?? { info: undefined, services: new Map(), polite: new Set() };
    nodes.set(id, known);
    const found = new Map<string, ServiceDescription>();
    for (const raw of services) {
      const service = describeService(raw);
      if (service !== undefined) found.set(service.name, service);
    }
    for (const name of [...known.services.keys()]) {
      if (found.has(name)) continue;
      goodbyes.add(`${name}@${id}`);
      goDown(id, known, name, "left");
    }
    for (const [name, service] of found) {
      goodbyes.delete(`${name}@${id}`);
      const content = hash("sha1", JSON.stringify(service));
      if (known.services.get(name) === content) continue;
      known.services.set(name, content);
      if (service.actions.some((action) => action.name === `${name}.${reportAction}`)) known.polite.add(name);
      sink.serviceUp(service, { id, ...(typeof hostname === "string" && { hostname }) });
    }
  };

  const refresh = (): void => {
    for (const node of broker.registry.nodes.toArray()) {
      if (node.local) read(node.id, node.hostname, localServices(broker));
      else if (node.available && nodes.get(node.id)?.info !== node.rawInfo) {
        read(node.id, node.hostname, node.services);
        const known = nodes.get(node.id);
        if (known !== undefined) known.info = node.rawInfo;
      }
    }
  };

  const disconnected = ({ node, unexpected }: { node: { id: string }; unexpected: boolean }): void => {
    const known = nodes.get(node.id);
    if (known === undefined) return;
    nodes.delete(node.id);
    for (const service of [...known.services.keys()])
      goDown(node.id, known, service, unexpected ? "lost" : "left");
  };

  broker.localBus.on("$services.changed", refresh);
  broker.localBus.on("$node.disconnected", disconnected);
  return {
    refresh,
    leaving: (service, node) => {
      if (nodes.get(node)?.services.has(service)) goodbyes.add(`${service}@${node}`);
    },
    stop: () => {
      broker.localBus.off("$services.changed", refresh);
      broker.localBus.off("$node.disconnected", disconnected);
    },
  };
}

function localServices(broker: ServiceBroker): readonly RawService[] {
  return broker.registry.services.getLocalNodeServices().map((service) => ({ ...service }));
}
