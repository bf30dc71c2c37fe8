import type { Broker } from "../contracts/broker.ts";
import type { GatewayHealth } from "../contracts/server.ts";
import type { Runtime } from "./runtime.ts";

/** Whether the gateway can serve (S12.6). */
export interface Readiness {
  /** Waits until every broker has finished discovery, but not longer than `readyAfterMs`. Never rejects. */
  waitForDiscovery(starts: readonly Promise<void>[]): Promise<void>;
  /**
   * Notes that services or versions have changed. The gateway is ready for good as soon as it has been ready
   * once: what an expected service does later is only a reason.
   */
  update(): void;
  /** Reports the state `stopping` from now on. */
  stop(): void;
  health(): GatewayHealth;
}

/** What decides about readiness. */
export interface ReadinessOptions extends Pick<Runtime, "clock" | "logger"> {
  readonly brokers: readonly Broker[];
  readonly readyAfterMs: number;
  /** The services that must be there before the gateway is ready. */
  readonly expected: readonly string[];
  isUp(service: string): boolean;
  isMasterCompiled(): boolean;
}

/** How long all brokers can be without their connection before the gateway is not ready, in milliseconds. */
const lostMs = 30_000;

/** Creates the readiness of a gateway that starts. */
export function createReadiness(options: ReadinessOptions): Readiness {
  const { brokers, clock, logger, readyAfterMs, expected, isUp, isMasterCompiled } = options;
  let isDiscovered = false;
  let wasReady = false;
  let isStopping = false;
  const failed = new Map<string, string>();

  const recordFailure = (index: number, error: unknown): void => {
    const name = brokers[index]?.name ?? String(index);
    const reason = error instanceof Error ? error.message : String(error);
    failed.set(name, reason);
    if (!isStopping) logger.error(`The broker ${name} could not start: ${reason}`, error);
  };
  const waits = (): string[] => [
    ...(isDiscovered ? [] : ["Discovery is not complete."]),
    ...(isMasterCompiled() ? [] : ["The branch master is not compiled."]),
    ...expected.filter((service) => !isUp(service)).map((service) => `The service ${service} is not there.`),
  ];
  const update = (): void => {
    wasReady ||= isDiscovered && waits().length === 0;
  };

  return {
    async waitForDiscovery(starts) {
      const waiting = new Set(brokers.keys());
      const settled = Promise.all(
        starts.map((start, index) =>
          start.catch((error: unknown) => recordFailure(index, error)).finally(() => waiting.delete(index)),
        ),
      );
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(readyAfterMs, () => {
        for (const [index, broker] of brokers.entries())
          if (waiting.has(index)) logger.warn(lateMessage(broker, readyAfterMs));
        resolve();
      });
      await Promise.race([settled, late]);
      cancel();
      isDiscovered = true;
    },
    update,
    stop() {
      isStopping = true;
    },
    health() {
      if (isStopping) return { state: "stopping", reasons: [] };
      const faults = [...failed].map(([name, reason]) => `The broker ${name} could not start: ${reason}`);
      faults.push(...brokers.flatMap(faultOf));
      if (faults.length > 0) return { state: "failed", reasons: faults };
      update();
      if (!wasReady) return { state: "starting", reasons: waits() };
      const isLost = brokers.length > 0 && brokers.every((broker) => lostFor(broker, clock.now()) >= lostMs);
      const reasons = [...brokers.flatMap((broker) => lossOf(broker, clock.now())), ...waits()];
      return { state: isLost ? "disconnected" : "running", reasons };
    },
  };
}

/** Why a broker that has stopped trying needs a restart. */
function faultOf({ name, health }: Broker): string | [] {
  const { state, reason } = health?.() ?? { state: "up" };
  if (state !== "failed") return [];
  return `The broker ${name} has failed${reason === undefined ? "." : `: ${reason}`}`;
}

/** Milliseconds since a broker lost its connection; less than 0 where it has one. */
function lostFor({ health }: Broker, now: number): number {
  const { state, since } = health?.() ?? { state: "up", since: 0 };
  return state === "up" ? -1 : now - since;
}

function lossOf(broker: Broker, now: number): string | [] {
  const ms = lostFor(broker, now);
  if (ms < 0) return [];
  return `The broker ${broker.name} has had no connection for ${Math.round(ms / 1_000)} s.`;
}

function lateMessage({ name, health }: Broker, readyAfterMs: number): string {
  const reason = health?.().reason;
  const cause = reason === undefined ? "" : ` Its reason: ${reason}`;
  return (
    `The broker ${name} has not finished discovery after ${readyAfterMs / 1_000} s. ` +
    `The gateway serves without it until it has.${cause}`
  );
}
