import { type Clock, type Report, systemClock } from "@tidegate/core-registry";
import { masterBranch } from "@tidegate/core-registry/runtime";
import type { Gateway } from "@tidegate/gateway";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { composeGateway } from "./gateway.ts";
import { nameOf, type ServiceState, serviceCount, serviceOf } from "./services.ts";

/** A gateway and ten services on one node of a distributed system in memory. */
export interface ChangingSystem {
  readonly gateway: Gateway;
  /** Publishes the next fragment of a service: one more route and one more field. */
  publishNext(index: number): void;
  /** Publishes the next fragment of a service, with one error in it. */
  publishFaulty(index: number): void;
  /** Publishes the newest fragment of a service without its error, and waits until the gateway serves it. */
  repair(index: number): Promise<void>;
  /** The next version of master; resolves when the gateway serves it and no merge is left. */
  nextVersion(): Promise<void>;
  /** The next report that reaches the node for a service. */
  nextReport(index: number): Promise<Report>;
  /**
   * Moves the gateway's time by ten seconds: a node gets at most three reports on a service in three seconds;
   * later ones wait.
   */
  passTime(): void;
}

/** What the services of a system have. */
export interface SystemOptions {
  /** Whether the services have a `$report` action. */
  readonly reports: boolean;
  /** Whether the fragments have GraphQL types and a WebSocket route beside their REST routes. */
  readonly isFull: boolean;
}

/** Starts a gateway and the services of a system. */
export async function startSystem({ reports, isFull }: SystemOptions): Promise<ChangingSystem> {
  const memory = memoryBroker();
  const clock = shiftedClock();
  const gateway = composeGateway(memory.broker, clock);
  const { registry } = gateway;
  const node = memory.node("node");
  const added = new Map<number, number>();
  const reported = new Map<string, (report: Report) => void>();
  let swapped = (): void => undefined;

  const publish = (state: Pick<ServiceState, "index" | "isFaulty">, more: number): void => {
    const { index } = state;
    added.set(index, (added.get(index) ?? 0) + more);
    const report = (received: Report): void => reported.get(received.service)?.(received);
    node.publish(serviceOf({ ...state, isFull, added: added.get(index) ?? 0, ...(reports && { report }) }));
  };

  await gateway.start();
  for (let index = 0; index < serviceCount; index++) publish({ index }, 0);
  await registry.settled();
  const served = registry.find(masterBranch, undefined).version?.fragments ?? [];
  if (served.length !== serviceCount) throw new Error(`The gateway serves ${served.length} fragments.`);
  registry.onSwap(() => swapped());

  return {
    gateway,
    publishNext: (index) => publish({ index }, 1),
    publishFaulty: (index) => publish({ index, isFaulty: true }, 1),
    repair: async (index) => {
      publish({ index }, 0);
      await registry.settled();
    },
    nextVersion: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      swapped = resolve;
      await promise;
      await registry.settled();
    },
    nextReport: (index) => {
      const { promise, resolve } = Promise.withResolvers<Report>();
      reported.set(nameOf(index), resolve);
      return promise;
    },
    passTime: clock.pass,
  };
}

/** The machine's clock, with what has passed beside it. */
function shiftedClock(): Clock & { pass(): void } {
  let shift = 0;
  return {
    now: () => systemClock.now() + shift,
    after: systemClock.after,
    pass: () => {
      shift += 10_000;
    },
  };
}
