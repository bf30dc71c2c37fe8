import { hash } from "node:crypto";
import type { BrokerSink, ServiceDescription } from "@tidegate/core-registry";
import type { ServiceBroker } from "moleculer";
import { type DescribedService, describeService, type RawService, withFragment } from "./describe.ts";
import { fragmentAction } from "./fragment-claim.ts";
import { createFragmentStore } from "./fragment-store.ts";
import { branchName } from "./service-name.ts";

/** Follows a broker's registry and tells a sink what changed. */
export interface Discovery {
  /** Reads the registry and tells what differs from what was told. */
  refresh(): void;
  /** Resolves when no fragment is on its way any more. */
  settled(): Promise<void>;
  /** Takes note that a service, by Moleculer's full name, says it goes: its node's end is no loss then. */
  leaving(service: string, node: string): void;
  /** Listens no more. */
  stop(): void;
}

/** What was told of a service on a node. */
interface Told {
  /** The service's name as the sink knows it. */
  readonly service: string;
  /** The node's id as the sink knows it: with the branch, where the service's name has one. */
  readonly node: string;
  /** Hash of what was told. */
  readonly content: string;
  /** Whether it takes reports: it has the mixin then, which says so when it leaves. */
  readonly polite: boolean;
}

interface KnownNode {
  /** The INFO packet that was read last. */
  info: unknown;
  /** What was told, by Moleculer's full name. */
  readonly services: Map<string, Told>;
  /** Hashes of the fragments that it waits for, or that came when it was read last. */
  readonly waiting: Set<string>;
}

/** The action by which a service takes its reports, and by which the mixin is known. */
export const reportAction = "$report";

/**
 * Watches a broker's registry. Each service is read per node, from the node's own INFO packet: Moleculer's lists keep the
 * first node's metadata when they group, and actions that are gone. A node whose packet is the same is not read again.
 * A service with a large fragment is told when the fragment is here; until then what was told of it before stays.
 */
export function watchRegistry(broker: ServiceBroker, sink: BrokerSink): Discovery {
  const nodes = new Map<string, KnownNode>();
  const goodbyes = new Set<string>();

  const goDown = (id: string, known: KnownNode, physical: string, how: "left" | "lost"): void => {
    const said = goodbyes.delete(`${physical}@${id}`);
    const told = known.services.get(physical);
    if (told === undefined) return;
    known.services.delete(physical);
    sink.serviceDown(told.service, told.node, how === "left" && told.polite && !said ? "lost" : how);
  };

  /** A service with its fragment, and the hash of both; the service is undefined while the fragment is fetched. */
  const whole = (
    { fullName, branch, service, claim }: DescribedService,
    id: string,
  ): { readonly content: string; read(): ServiceDescription | undefined } => {
    const content = hash("sha1", `${claim?.hash ?? ""}${branch ?? ""}${JSON.stringify(service)}`);
    if (claim === undefined) return { content, read: () => service };
    const source = { node: id, action: `${fullName}.${fragmentAction}` };
    return {
      content,
      read: () => {
        nodes.get(id)?.waiting.add(claim.hash);
        const found = fragments.find(claim, source);
        return found === undefined ? undefined : withFragment(service, found.fragment, branch);
      },
    };
  };

  const read = (id: string, hostname: string | null, services: readonly RawService[]): void => {
    const known: KnownNode = nodes.get(id) ?? { info: undefined, services: new Map(), waiting: new Set() };
    nodes.set(id, known);
    known.waiting.clear();
    const found = new Map<string, DescribedService>();
    for (const raw of services) {
      const described = describeService(raw);
      if (described !== undefined) found.set(described.fullName, described);
    }
    for (const physical of [...known.services.keys()]) {
      if (found.has(physical)) continue;
      goodbyes.add(`${physical}@${id}`);
      goDown(id, known, physical, "left");
    }
    for (const [physical, described] of found) {
      goodbyes.delete(`${physical}@${id}`);
      const { content, read: readWhole } = whole(described, id);
      if (known.services.get(physical)?.content === content) continue;
      const service = readWhole();
      if (service === undefined) continue;
      const node = described.branch === undefined ? id : branchName(id, described.branch);
      const polite = service.actions.some(({ name }) => name === `${service.name}.${reportAction}`);
      known.services.set(physical, { service: service.name, node, content, polite });
      sink.serviceUp(service, { id: node, ...(typeof hostname === "string" && { hostname }) });
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

  const fragments = createFragmentStore(broker, {
    isWanted: (digest) => [...nodes.values()].some(({ waiting }) => waiting.has(digest)),
    arrived: (digest) => {
      for (const known of nodes.values()) if (known.waiting.has(digest)) known.info = undefined;
      refresh();
    },
  });

  const disconnected = ({ node, unexpected }: { node: { id: string }; unexpected: boolean }): void => {
    const known = nodes.get(node.id);
    if (known === undefined) return;
    nodes.delete(node.id);
    for (const physical of [...known.services.keys()])
      goDown(node.id, known, physical, unexpected ? "lost" : "left");
  };

  broker.localBus.on("$services.changed", refresh);
  broker.localBus.on("$node.disconnected", disconnected);
  return {
    refresh,
    settled: fragments.settled,
    leaving: (service, node) => {
      if (nodes.get(node)?.services.has(service)) goodbyes.add(`${service}@${node}`);
    },
    stop: () => {
      fragments.stop();
      broker.localBus.off("$services.changed", refresh);
      broker.localBus.off("$node.disconnected", disconnected);
    },
  };
}

function localServices(broker: ServiceBroker): readonly RawService[] {
  return broker.registry.services.getLocalNodeServices().map((service) => ({ ...service }));
}
