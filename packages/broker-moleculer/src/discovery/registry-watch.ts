import { hash } from "node:crypto";
import type { BrokerSink, ServiceDescription } from "@tidegate/core-registry";
import { nameOnBranch, reportAction } from "@tidegate/service-moleculer/wire";
import type { ServiceBroker } from "moleculer";
import { type DescribedService, describeService, type RawService, withFragment } from "./describe-service.ts";
import { FragmentStore } from "./fragment-store.ts";

/** A service of a node as the sink knows it. */
interface SentService {
  readonly service: string;
  /** The node's id, with the branch if the service's name has one. */
  readonly node: string;
  /** Hash of the description that was sent. */
  readonly hash: string;
  /** A service with the mixin announces that it leaves. */
  readonly hasMixin: boolean;
}

interface KnownNode {
  /** The INFO packet that was read last. */
  info: unknown;
  /** The services that the sink knows, by Moleculer's full names. */
  readonly services: Map<string, SentService>;
  /** Hashes of the large fragments that the node's services referred to when it was read last. */
  readonly fragments: Set<string>;
}

/**
 * Follows the registry of a Moleculer broker, and sends a sink what changes.
 *
 * Services are read per node from the node's own INFO packet: Moleculer's service lists keep the first node's
 * metadata when they group nodes, and actions that no longer exist. A node is read again only when its INFO
 * packet is a new one. A service with a large fragment is sent when the fragment has been fetched; until then
 * the sink keeps its previous description.
 */
export class RegistryWatch {
  readonly #broker: ServiceBroker;
  readonly #sink: BrokerSink;
  readonly #fragments: FragmentStore;
  readonly #nodes = new Map<string, KnownNode>();
  /** Services that announced that they leave, as `fullName@node`. */
  readonly #leaving = new Set<string>();

  constructor(broker: ServiceBroker, sink: BrokerSink) {
    this.#broker = broker;
    this.#sink = sink;
    this.#fragments = new FragmentStore(broker, {
      isNeeded: (digest) => [...this.#nodes.values()].some(({ fragments }) => fragments.has(digest)),
      arrived: (digest) => {
        for (const node of this.#nodes.values()) if (node.fragments.has(digest)) node.info = undefined;
        this.refresh();
      },
    });
    broker.localBus.on("$services.changed", this.refresh);
    broker.localBus.on("$node.disconnected", this.#nodeDisconnected);
  }

  /** Reads the registry, and sends what differs from what was sent before. */
  readonly refresh = (): void => {
    const { nodes, services } = this.#broker.registry;
    for (const node of nodes.toArray()) {
      if (node.local) {
        const local = services.getLocalNodeServices().map((service) => ({ ...service }));
        this.#readNode(node.id, node.hostname, local);
      } else if (node.available && this.#nodes.get(node.id)?.info !== node.rawInfo)
        this.#readNode(node.id, node.hostname, node.services).info = node.rawInfo;
    }
  };

  /** Resolves when no fragment is being fetched. */
  settled(): Promise<void> {
    return this.#fragments.settled();
  }

  /**
   * Notes that a service, by Moleculer's full name, announced that it leaves. If its node disconnects next,
   * the service has left; a service with the mixin that did not announce it is lost.
   */
  serviceLeaves(service: string, node: string): void {
    if (this.#nodes.get(node)?.services.has(service)) this.#leaving.add(`${service}@${node}`);
  }

  /** Removes the listeners, and cancels pending fetches of fragments. */
  stop(): void {
    this.#fragments.stop();
    this.#broker.localBus.off("$services.changed", this.refresh);
    this.#broker.localBus.off("$node.disconnected", this.#nodeDisconnected);
  }

  readonly #nodeDisconnected = ({
    node,
    unexpected,
  }: {
    node: { id: string };
    unexpected: boolean;
  }): void => {
    const known = this.#nodes.get(node.id);
    if (known === undefined) return;
    this.#nodes.delete(node.id);
    for (const fullName of [...known.services.keys()])
      this.#serviceDown(node.id, known, fullName, unexpected ? "lost" : "left");
  };

  #readNode(id: string, hostname: string | null, services: readonly RawService[]): KnownNode {
    const known = this.#nodes.get(id) ?? { info: undefined, services: new Map(), fragments: new Set() };
    this.#nodes.set(id, known);
    known.fragments.clear();
    const described = new Map<string, DescribedService>();
    for (const raw of services) {
      const service = describeService(raw);
      if (service !== undefined) described.set(service.fullName, service);
    }
    for (const fullName of [...known.services.keys()]) {
      if (described.has(fullName)) continue;
      this.#leaving.add(`${fullName}@${id}`);
      this.#serviceDown(id, known, fullName, "left");
    }
    for (const service of described.values()) {
      this.#leaving.delete(`${service.fullName}@${id}`);
      this.#serviceUp(id, known, hostname, service);
    }
    return known;
  }

  /** Sends a service unless it was sent the same before, or its fragment still has to be fetched. */
  #serviceUp(id: string, known: KnownNode, hostname: string | null, described: DescribedService): void {
    const { fullName, branch } = described;
    const digest = hashOf(described);
    if (known.services.get(fullName)?.hash === digest) return;
    const service = this.#completeService(id, known, described);
    if (service === undefined) return;
    const node = branch === undefined ? id : nameOnBranch(id, branch);
    const hasMixin = service.actions.some(({ name }) => name === `${service.name}.${reportAction}`);
    known.services.set(fullName, { service: service.name, node, hash: digest, hasMixin });
    this.#sink.serviceUp(service, { id: node, ...(typeof hostname === "string" && { hostname }) });
  }

  /** Returns a service with its fragment; undefined while the fragment is being fetched. */
  #completeService(
    id: string,
    known: KnownNode,
    described: DescribedService,
  ): ServiceDescription | undefined {
    const { fullName, branch, service, reference } = described;
    if (reference === undefined) return service;
    known.fragments.add(reference.hash);
    const found = this.#fragments.find(reference, { node: id, service: fullName });
    return found === undefined ? undefined : withFragment(service, found.fragment, branch);
  }

  #serviceDown(id: string, known: KnownNode, fullName: string, how: "left" | "lost"): void {
    const isAnnounced = this.#leaving.delete(`${fullName}@${id}`);
    const sent = known.services.get(fullName);
    if (sent === undefined) return;
    known.services.delete(fullName);
    const isLost = how === "left" && sent.hasMixin && !isAnnounced;
    this.#sink.serviceDown(sent.service, sent.node, isLost ? "lost" : how);
  }
}

function hashOf({ reference, branch, service }: DescribedService): string {
  return hash("sha1", `${reference?.hash ?? ""}${branch ?? ""}${JSON.stringify(service)}`);
}
