import type { Broker } from "../contracts/broker.ts";
import type { Clock } from "../contracts/clock.ts";
import type { GatewayHealth } from "../contracts/server.ts";

/** Knows how far the gateway is (S12.6). */
export interface Readiness {
  /** Waits for the brokers' discovery, `readyAfter` at the longest. Rejects with the first error when no broker could start. */
  wait(starts: readonly Promise<void>[]): Promise<void>;
  /** From now on: stopping. */
  stopping(): void;
  /** The state, and what it waits for. */
  health(now: ReadinessInput): GatewayHealth;
}

/** What readiness is told of the registry. */
export interface ReadinessInput {
  /** Services that must be there. */
  readonly expected: readonly string[];
  /** Whether one is. */
  isThere(service: string): boolean;
  /** Whether master was compiled. */
  readonly isCompiled: boolean;
}

/** How long a broker may be lost before the gateway counts as failed: milliseconds. */
const lostMs = 30_000;

/** A gateway that starts. */
export function createReadiness(brokers: readonly Broker[], clock: Clock, readyAfterMs: number): Readiness {
  let isDiscovered = false;
  let isStopping = false;
  const failed = new Map<string, string>();

  const isLost = (broker: Broker): boolean => {
    const health = broker.health?.();
    if (health === undefined || health.state === "up") return false;
    return health.state === "failed" || clock.now() - health.since >= lostMs;
  };

  return {
    async wait(starts) {
      const settled = Promise.all(
        starts.map((start, index) =>
          start.catch((error: unknown) => {
            failed.set(
              brokers[index]?.name ?? String(index),
              error instanceof Error ? error.message : String(error),
            );
          }),
        ),
      );
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(readyAfterMs, resolve);
      await Promise.race([settled, late]);
      cancel();
      isDiscovered = true;
    },
    stopping() {
      isStopping = true;
    },
    health({ expected, isThere, isCompiled }) {
      if (isStopping) return { state: "stopping", reasons: [] };
      const broken = [
        ...[...failed].map(([name, reason]) => `The broker ${name} could not start: ${reason}`),
        ...brokers.filter(isLost).map(({ name }) => `The broker ${name} is lost.`),
      ];
      if (broken.length > 0) return { state: "failed", reasons: broken };
      const waits = [
        ...(isDiscovered ? [] : ["Discovery is not complete."]),
        ...(isCompiled ? [] : ["The branch master is not compiled."]),
        ...expected
          .filter((service) => !isThere(service))
          .map((service) => `The service ${service} is not there.`),
      ];
      return waits.length > 0 ? { state: "starting", reasons: waits } : { state: "running", reasons: [] };
    },
  };
}
