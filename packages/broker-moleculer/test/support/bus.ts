import { randomUUID } from "node:crypto";
import type { Broker, EventPacket, ServiceDescription } from "@tidegate/core-registry";
import { recorder } from "@tidegate/plugin-testkit";
import { type BrokerOptions, ServiceBroker, type ServiceSchema } from "moleculer";
import { onTestFinished } from "vitest";
import { type MoleculerOptions, moleculer, preset } from "../../src/index.ts";
import { quiet } from "./system.ts";

/** Nodes and gateways that see each other. All of them end with the test. */
export interface Bus {
  /** Starts a gateway, and resolves when it knows the nodes that are there. */
  gateway(options?: MoleculerOptions): Promise<BusGateway>;
  /** Starts a node with the preset and services. */
  node(id: string, services: readonly ServiceSchema[], options?: BrokerOptions): Promise<ServiceBroker>;
}

/** A gateway on a bus, with what its broker told it. */
export interface BusGateway {
  /** Its broker, started. */
  readonly broker: Broker;
  /** What was told: `up player@n1`, `down player@n1 left`, `event player.created`. */
  readonly told: ReturnType<typeof recorder<string>>;
  /** What is there now, by `player@n1`. */
  readonly services: ReadonlyMap<string, ServiceDescription>;
  /** Moleculer's broker. */
  readonly inner: () => ServiceBroker;
}

/** Options of a node by its id. Default: a transporter within this process. */
export type OptionsOf = (nodeID: string) => BrokerOptions;

/** Makes a bus for the test that runs. */
export function busOf(optionsOf: OptionsOf = inProcess()): Bus {
  let gateways = 0;
  return {
    gateway: async (options = {}) => {
      gateways += 1;
      const told = recorder<string>("word of the broker");
      const services = new Map<string, ServiceDescription>();
      let inner: ServiceBroker | undefined;
      const id = gateways === 1 ? "gateway" : `gateway${gateways}`;
      const broker = moleculer({
        ...optionsOf(id),
        ...options,
        created: (created) => {
          inner = created;
        },
      });
      onTestFinished(() => broker.stop());
      await broker.start({
        serviceUp: (service, { id: node }) => {
          services.set(`${service.name}@${node}`, service);
          told.push(`up ${service.name}@${node}`);
        },
        serviceDown: (name, node, how) => {
          services.delete(`${name}@${node}`);
          told.push(`down ${name}@${node} ${how}`);
        },
        event: ({ event }: EventPacket) => told.push(`event ${event}`),
      });
      return {
        broker,
        told,
        services,
        inner: () => {
          if (inner === undefined) throw new Error("The gateway has no broker.");
          return inner;
        },
      };
    },
    node: async (id, services, options = {}) => {
      const node = new ServiceBroker(preset({ ...optionsOf(id), ...options }));
      onTestFinished(() => node.stop());
      for (const service of services) node.createService(service);
      await node.start();
      return node;
    },
  };
}

function inProcess(): OptionsOf {
  const namespace = randomUUID();
  return (nodeID) => ({ ...quiet, nodeID, namespace, transporter: "Fake" });
}
