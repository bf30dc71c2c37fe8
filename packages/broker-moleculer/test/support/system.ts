import { once } from "node:events";
import { createServer } from "node:net";
import type { Broker } from "@tidegate/core-registry";
import type { BrokerSystem, BrokerSystemNode, TestService } from "@tidegate/plugin-testkit";
import { type BrokerOptions, ServiceBroker } from "moleculer";
import { moleculer } from "../../src/index.ts";
import { refreshPeers } from "../../src/patches/early-discovery.ts";
import { toMoleculer } from "./services.ts";

/** Where the search for a free port starts: below the ports for clients, and elsewhere in each process. */
let nextPort = 12_000 + (process.pid % 150) * 100;

/** Returns free ports, each port only once per process. */
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

/** Options of all brokers in the tests: no log, no delays, no signal handlers. */
export const testOptions: BrokerOptions = {
  logger: false,
  skipProcessEventRegistration: true,
  transit: { serviceChangedDebounceTime: 0 } as NonNullable<BrokerOptions["transit"]>,
};

/** The node id of the gateway. */
export const gatewayId = "gateway";

/** Returns the options of a node that uses TCP with the given ports. */
export function tcpOptions(nodeID: string, ports: ReadonlyMap<string, number>): BrokerOptions {
  const urls = [...ports].map(([id, port]) => `tcp://127.0.0.1:${port}/${id}`).join(",");
  const options = { udpDiscovery: false, urls, useHostname: false, gossipPeriod: 1 };
  return { ...testOptions, nodeID, transporter: { type: "TCP", options } };
}

/** Creates a system for the broker suite, whose nodes and gateways are Moleculer brokers in this process. */
export function createSystem(
  optionsOf: (nodeID: string) => BrokerOptions,
): BrokerSystem & { readonly gateway: () => ServiceBroker } {
  const nodes = new Set<ServiceBroker>();
  const gateways = new Map<string, ServiceBroker>();
  const gatewayOf = (id: string): Broker =>
    moleculer({ ...optionsOf(id), created: (created) => void gateways.set(id, created) });
  const startedGateways = (): ServiceBroker[] => [...gateways.values()].filter(({ started }) => started);

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
      await waitUntilKnown(node, startedGateways());
      return createNode(node, startedGateways, () => nodes.delete(node));
    },
    close: async () => {
      await Promise.all([...nodes].map((node) => node.stop()));
    },
  };
}

function createNode(
  node: ServiceBroker,
  startedGateways: () => ServiceBroker[],
  onEnd: () => void,
): BrokerSystemNode {
  const changed = (): void => {
    for (const other of startedGateways()) refreshPeers(other);
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
      onEnd();
      await node.stop();
    },
    crash: async () => {
      onEnd();
      // What other nodes see when a process is killed: its sockets close without a message.
      await node.transit?.tx.disconnect();
      node.registry.discoverer.stopHeartbeatTimers();
    },
  };
}

/** Resolves when a node and the others have discovered each other. */
async function waitUntilKnown(node: ServiceBroker, others: readonly ServiceBroker[]): Promise<void> {
  for (const other of others) {
    await Promise.all([waitForNode(node, other.nodeID), waitForNode(other, node.nodeID)]);
  }
}

async function waitForNode(broker: ServiceBroker, nodeID: string): Promise<void> {
  const isThere = (): boolean => broker.registry.nodes.get(nodeID)?.available ?? false;
  while (!isThere()) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    broker.localBus.once("$node.connected", resolve);
    refreshPeers(broker);
    await promise;
  }
}
