import { randomUUID } from "node:crypto";
import type { Broker, EventPacket, ServiceDescription } from "@tidegate/core-registry";
import { recorder } from "@tidegate/plugin-testkit";
import { type PresetOptions, preset } from "@tidegate/service-moleculer";
import { type BrokerOptions, ServiceBroker, type ServiceSchema } from "moleculer";
import { onTestFinished } from "vitest";
import { type MoleculerOptions, moleculer } from "../../src/index.ts";
import { testOptions } from "./system.ts";

/** Starts nodes and gateways that discover each other. They are stopped at the end of the test. */
export interface Bus {
  /** Starts a gateway, and resolves when its discovery is complete. */
  gateway(options?: MoleculerOptions): Promise<BusGateway>;
  /** Starts a node with the preset and services. */
  node(id: string, services: readonly ServiceSchema[], options?: PresetOptions): Promise<ServiceBroker>;
}

/** A started gateway with a log of what its broker sent to the sink. */
export interface BusGateway {
  readonly broker: Broker;
  /** Calls of the sink: `up player@n1`, `down player@n1 left`, `event player.created`. */
  readonly log: ReturnType<typeof recorder<string>>;
  /** The current services, by `player@n1`. */
  readonly services: ReadonlyMap<string, ServiceDescription>;
  readonly moleculerBroker: () => ServiceBroker;
}

/** Returns the options of a node. Default: a transporter within this process. */
export type OptionsOf = (nodeID: string) => BrokerOptions;

/** Creates a bus for the current test. */
export function createBus(optionsOf: OptionsOf = inProcess()): Bus {
  let gateways = 0;
  return {
    gateway: async (options = {}) => {
      gateways += 1;
      const log = recorder<string>("call of the sink");
      const services = new Map<string, ServiceDescription>();
      let moleculerBroker: ServiceBroker | undefined;
      const id = gateways === 1 ? "gateway" : `gateway${gateways}`;
      const broker = moleculer({
        ...optionsOf(id),
        ...options,
        created: (created) => {
          moleculerBroker = created;
        },
      });
      onTestFinished(() => broker.stop());
      await broker.start({
        serviceUp: (service, { id: node }) => {
          services.set(`${service.name}@${node}`, service);
          log.push(`up ${service.name}@${node}`);
        },
        serviceDown: (name, node, how) => {
          services.delete(`${name}@${node}`);
          log.push(`down ${name}@${node} ${how}`);
        },
        event: ({ event }: EventPacket) => log.push(`event ${event}`),
      });
      return {
        broker,
        log,
        services,
        moleculerBroker: () => {
          if (moleculerBroker === undefined) throw new Error("The gateway has no broker.");
          return moleculerBroker;
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
  return (nodeID) => ({ ...testOptions, nodeID, namespace, transporter: "Fake" });
}
