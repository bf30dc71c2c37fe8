import { masterBranch, silentLogger, type Version } from "@tidegate/core-registry";
import { createGateway, type Gateway } from "@tidegate/gateway";
import { type MemoryBroker, memoryBroker } from "@tidegate/plugin-testkit";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import { type KeptConnection, keepConnection } from "../harness/kept-connection.ts";
import { routeProbe } from "./probes.ts";
import { type ServiceState, serviceOf } from "./services.ts";

/** How large a system is. */
export interface SystemSize {
  /** How many services there are. */
  readonly services: number;
  /** Whether they have types beside their routes. */
  readonly graphql: boolean;
  /** How many versions of a branch can be asked for. Default: the registry's. */
  readonly maxVersions?: number;
}

/** A gateway over a distributed system in memory, and a connection to it. */
export interface System {
  /** The gateway. */
  readonly gateway: Gateway;
  /** The distributed system. */
  readonly memory: MemoryBroker;
  /** A connection that is kept. */
  readonly connection: KeptConnection;
  /** What every service begins with. */
  readonly first: ServiceState;
  /** Publishes what every service begins with, in one tick; resolves when all of it is served. */
  coldStart(): Promise<void>;
  /** The next version that master serves. */
  mounted(): Promise<Version>;
  /** Ends it. */
  stop(): Promise<void>;
}

/** The node that all services of master are on. */
export const masterNode = "node";

/**
 * Starts a gateway composed as `apps/gateway` composes one: its protocols, its policies, its server, the sandbox in processes of
 * its own. A branch may have as many types as the services make.
 */
export async function startSystem({ services, graphql: types, maxVersions }: SystemSize): Promise<System> {
  const memory = memoryBroker();
  const gateway = createGateway({
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

  const mounted = (): Promise<Version> => {
    const { promise, resolve } = Promise.withResolvers<Version>();
    const off = registry.onSwap(({ branch, version }) => {
      if (branch !== masterBranch) return;
      off();
      resolve(version);
    });
    return promise;
  };

  return {
    gateway,
    memory,
    connection,
    first,
    mounted,
    coldStart: async () => {
      const node = memory.node(masterNode);
      for (let index = 0; index < services; index++) node.publish(serviceOf(index, first));
      await registry.settled();
      const { version } = registry.find(masterBranch, undefined);
      const there = version?.fragments.filter(({ waiting }) => waiting.length === 0).length ?? 0;
      if (there !== services) throw new Error(`Of ${services} services ${there} are served.`);
      await connection.ask(routeProbe(services - 1, 0));
    },
    stop: async () => {
      connection.close();
      await gateway.stop();
    },
  };
}
