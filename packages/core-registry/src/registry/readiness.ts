import type { Broker } from "../contracts/broker.ts";
import type { GatewayHealth } from "../contracts/server.ts";
import type { Runtime } from "./runtime.ts";

/** Whether the gateway can serve (S12.6). */
export interface Readiness {
  /** Waits until every broker has finished discovery, but not longer than `readyAfterMs`. Never rejects. */
  waitForDiscovery(starts: readonly Promise<void>[]): Promise<void>;
  /** Reports the state `stopping` from now on. */
  stop(): void;
  health(input: ReadinessInput): GatewayHealth;
}

/** What decides about readiness beside the brokers. */
export interface ReadinessInput {
  readonly expected: readonly string[];
  isUp(service: string): boolean;
  readonly isMasterCompiled: boolean;
}

/** How long a broker can be without its connection before the gateway counts as failed, in milliseconds. */
const lostMs = 30_000;

/** Creates the readiness of a gateway that starts. */
export function createReadiness(
  brokers: readonly Broker[],
  { clock }: Pick<Runtime, "clock">,
  readyAfterMs: number,
): Readiness {
  let isDiscovered = false;
  let isStopping = false;
  const failed = new Map<string, string>();

  const isLost = (broker: Broker): boolean => {
    const health = broker.health?.();
    if (health === undefined || health.state === "up") return false;
    return health.state === "failed" || clock.now() - health.since >= lostMs;
  };

  const recordFailure = (index: number, error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    failed.set(brokers[index]?.name ?? String(index), reason);
  };

  return {
    async waitForDiscovery(starts) {
      const settled = Promise.all(
        starts.map((start, index) => start.catch((error: unknown) => recordFailure(index, error))),
      );
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(readyAfterMs, resolve);
      await Promise.race([settled, late]);
      cancel();
      isDiscovered = true;
    },
    stop() {
      isStopping = true;
    },
    health({ expected, isUp, isMasterCompiled }) {
      if (isStopping) return { state: "stopping", reasons: [] };
      const faults = [
        ...[...failed].map(([name, reason]) => `The broker ${name} could not start: ${reason}`),
        ...brokers.filter(isLost).map(({ name }) => `The broker ${name} is lost.`),
      ];
      if (faults.length > 0) return { state: "failed", reasons: faults };
      const waits = [
        ...(isDiscovered ? [] : ["Discovery is not complete."]),
        ...(isMasterCompiled ? [] : ["The branch master is not compiled."]),
        ...expected
          .filter((service) => !isUp(service))
          .map((service) => `The service ${service} is not there.`),
      ];
      return waits.length > 0 ? { state: "starting", reasons: waits } : { state: "running", reasons: [] };
    },
  };
}
