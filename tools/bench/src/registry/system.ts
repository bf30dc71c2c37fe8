import { silentLogger, type Version } from "@tidegate/core-registry";
import { masterBranch } from "@tidegate/core-registry/runtime";
import { createDefaultGateway, type Gateway } from "@tidegate/gateway";
import { type MemoryBroker, memoryBroker } from "@tidegate/plugin-testkit";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import { type KeptConnection, keepConnection } from "../harness/kept-connection.ts";
import { routeProbe, type ServiceState, serviceOf } from "./services.ts";

/** The size of a system of services. */
export interface SystemSize {
  readonly services: number;
  /** Whether the services have types in addition to their routes. */
  readonly graphql: boolean;
  /** How many versions of a branch are kept. Default: the registry's default. */
  readonly maxVersions?: number;
}

/** A gateway over the broker in memory, with a connection to it. */
export interface System {
  readonly gateway: Gateway;
  readonly memory: MemoryBroker;
  readonly connection: KeptConnection;
  readonly first: ServiceState;
  /** Publishes all services in one tick. Resolves when all of them are served. */
  coldStart(): Promise<void>;
  /** Resolves with the next version of master. */
  nextVersion(): Promise<Version>;
  stop(): Promise<void>;
}

/** The node with all services of master. */
export const masterNode = "node";

/**
 * Starts a gateway with the protocols, policies, server and sandbox of `apps/gateway`. The limit of types per
 * branch is high enough for all services.
 */
export async function startSystem({ services, graphql: types, maxVersions }: SystemSize): Promise<System> {
  const memory = memoryBroker();
  const gateway = createDefaultGateway({
    brokers: [memory.broker],
    protocols: [rest(), graphql({ maxBranchTypes: 10 * services + 100 }), webSocket()],
    policies: [scope(), filter()],
    server: h3Server({ host: "127.0.0.1", port: 0 }),
    logger: silentLogger,
    ...(maxVersions !== undefined && { maxVersions }),
  });
  const [listening] = await gateway.start();
  const connection = await keepConnection(listening?.port ?? 0);
  const first: ServiceState = { of: services, graphql: types };
  const { registry } = gateway;

  const nextVersion = (): Promise<Version> => {
    const { promise, resolve } = Promise.withResolvers<Version>();
    const unsubscribe = registry.onSwap(({ branch, version }) => {
      if (branch !== masterBranch) return;
      unsubscribe();
      resolve(version);
    });
    return promise;
  };

  return {
    gateway,
    memory,
    connection,
    first,
    nextVersion,
    coldStart: async () => {
      const node = memory.node(masterNode);
      for (let index = 0; index < services; index++) node.publish(serviceOf(index, first));
      await registry.settled();
      const { version } = registry.find(masterBranch, undefined);
      const served = version?.fragments.filter(({ waiting }) => waiting.length === 0).length ?? 0;
      if (served !== services) throw new Error(`Expected ${services} served services, found ${served}.`);
      await connection.ask(routeProbe(services - 1, 0));
    },
    stop: async () => {
      connection.close();
      await gateway.stop();
    },
  };
}
