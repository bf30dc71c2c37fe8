import type { Clock } from "@tidegate/core-registry";
import { LRUCache } from "lru-cache";
import type { SandboxProcess } from "./sandbox-process.ts";

/** The members of a process that the quarantine uses. */
export type QuarantineProcess = Pick<SandboxProcess, "calls" | "allowQuarantined" | "kill">;

/** Above this number quarantined services share processes. */
const maxProcesses = 8;
const maxServices = 10_000;
const idleTimeout = 60_000;

/**
 * The processes of services that exceeded a limit (S11.2): one for each service while there are few. A
 * process ends when no service has used it for a minute.
 */
export class Quarantine<P extends QuarantineProcess> {
  readonly #takeProcess: () => P;
  readonly #clock: Clock;
  readonly #services = new LRUCache<string, true>({ max: maxServices });
  readonly #processes = new LRUCache<string, P>({ max: maxServices });
  readonly #lastUse = new Map<P, number>();
  #cancelTimer: (() => void) | undefined;

  /** @param takeProcess returns a process that no service uses */
  constructor(takeProcess: () => P, clock: Clock) {
    this.#takeProcess = takeProcess;
    this.#clock = clock;
  }

  /** Quarantines a service: its further calls run apart from those of other services. */
  add(service: string): void {
    this.#services.set(service, true);
  }

  /** The process of a quarantined service; undefined for any other service. */
  processOf(service: string): P | undefined {
    if (this.#services.get(service) === undefined) return undefined;
    const process = this.#processes.get(service) ?? this.#assignProcess(service);
    this.#lastUse.set(process, this.#clock.now());
    this.#cancelTimer ??= this.#clock.after(idleTimeout, () => this.#endIdleProcesses());
    return process;
  }

  #assignProcess(service: string): P {
    const isFull = this.#lastUse.size >= maxProcesses;
    const process = (isFull ? this.#leastLoaded() : undefined) ?? this.#takeProcess();
    process.allowQuarantined(service);
    this.#processes.set(service, process);
    return process;
  }

  #leastLoaded(): P | undefined {
    return [...this.#lastUse.keys()].sort((one, other) => one.calls.size - other.calls.size)[0];
  }

  #endIdleProcesses(): void {
    this.#cancelTimer = undefined;
    for (const [process, usedAt] of this.#lastUse) {
      if (process.calls.size > 0 || this.#clock.now() - usedAt < idleTimeout) continue;
      this.remove(process);
      process.kill();
    }
    if (this.#lastUse.size > 0)
      this.#cancelTimer = this.#clock.after(idleTimeout, () => this.#endIdleProcesses());
  }

  /** Forgets a process that has ended. */
  remove(process: P): void {
    this.#lastUse.delete(process);
    for (const [service, its] of this.#processes) if (its === process) this.#processes.delete(service);
  }

  stop(): void {
    this.#cancelTimer?.();
  }
}
