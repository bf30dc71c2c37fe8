import { once } from "node:events";
import { createServer } from "node:net";
import type { Broker } from "@tidegate/core-registry";
import type { BrokerSystem, BrokerSystemNode, TestService } from "@tidegate/plugin-testkit";
import { type BrokerOptions, ServiceBroker } from "moleculer";
import { moleculer } from "../../src/index.ts";
import { refreshPeers } from "../../src/patches/early-discovery.ts";
import { toMoleculer } from "./services.ts";

/** Where the next port is looked for: below those that the system gives to clients, elsewhere in each process. */
let nextPort = 12_000 + (process.pid % 150) * 100;

/** Ports that nobody listens on, none of them twice. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    nextPort = nextPort >= 32_000 ? 12_000 : nextPort + 1;
    const port = nextPort;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port), "listening");
    await once(server.close(), "close");
    return true;
  } catch {
    return false;
  }
}

/** Options of every broker here: quiet, quick, and leaving the process alone. */
export const quiet: BrokerOptions = {
  logger: false,
  skipProcessEventRegistration: true,
  transit: { serviceChangedDebounceTime: 0 } as NonNullable<BrokerOptions["transit"]>,
};

/** The id of the gateway's node. */
export const gatewayId = "gateway";

/** Options of a node among those that talk by TCP on the ports given. */
export function tcpOptions(nodeID: string, ports: ReadonlyMap<string, number>): BrokerOptions {
  const urls = [...ports].map(([id, port]) => `tcp://127.0.0.1:${port}/${id}`).join(",");
  const options = { udpDiscovery: false, urls, useHostname: false, gossipPeriod: 1 };
  return { ...quiet, nodeID, transporter: { type: "TCP", options } };
}

/** A distributed system whose nodes and gateway are brokers of this process with the options given. */
export function systemOf(
  optionsOf: (nodeID: string) => BrokerOptions,
): BrokerSystem & { readonly gateway: () => ServiceBroker } {
  const nodes = new Set<ServiceBroker>();
  const gateways = new Map<string, ServiceBroker>();
  const gatewayOf = (id: string): Broker =>
    moleculer({ ...optionsOf(id), created: (created) => void gateways.set(id, created) });
  const known = (): ServiceBroker[] => [...gateways.values()].filter(({ started }) => started);

  return {
    broker: gatewayOf(gatewayId),
    anotherGateway: gatewayOf,
    gateway: () => {
      const gateway = gateways.get(gatewayId);
      if (gateway === undefined) throw new Error("The gateway has not started.");
      return gateway;
    },
    join: async (id, services) => {
      const node = new ServiceBroker(optionsOf(id));
      nodes.add(node);
      for (const service of services) node.createService(toMoleculer(service));
      await node.start();
      await acquainted(node, known());
      return driven(node, known, () => nodes.delete(node));
    },
    close: async () => {
      await Promise.all([...nodes].map((node) => node.stop()));
    },
  };
}

function driven(node: ServiceBroker, known: () => ServiceBroker[], ended: () => void): BrokerSystemNode {
  const changed = (): void => {
    for (const other of known()) refreshPeers(other);
  };
  return {
    publish: async (service: TestService) => {
      const running = node.services.find(({ fullName }) => fullName === service.name);
      if (running !== undefined) await node.destroyService(running);
      await node.waitForServices([]);
      const created = node.createService(toMoleculer(service));
      await node.waitForServices(created.fullName);
      changed();
    },
    withdraw: async (name) => {
      await node.destroyService(name);
      changed();
    },
    send: async (event, payload, broadcast) => {
      await (broadcast ? node.broadcast(event, payload) : node.emit(event, payload));
    },
    leave: async () => {
      ended();
      await node.stop();
    },
    crash: async () => {
      ended();
      // What others see of a process that is killed: sockets that close without a word.
      await node.transit?.tx.disconnect();
      node.registry.discoverer.stopHeartbeatTimers();
    },
  };
}

/** Resolves when a node and those that are there see each other. */
async function acquainted(node: ServiceBroker, others: readonly ServiceBroker[]): Promise<void> {
  for (const other of others) {
    await Promise.all([seen(node, other.nodeID), seen(other, node.nodeID)]);
  }
}

async function seen(broker: ServiceBroker, nodeID: string): Promise<void> {
  const isThere = (): boolean => broker.registry.nodes.get(nodeID)?.available ?? false;
  while (!isThere()) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    broker.localBus.once("$node.connected", resolve);
    refreshPeers(broker);
    await promise;
  }
}
