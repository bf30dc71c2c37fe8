import { setImmediate } from "node:timers/promises";
import { createChanger } from "./changes.ts";
import type { Measurement } from "./job.ts";
import { type SystemSize, startSystem } from "./system.ts";

/** The memory of this process in bytes. */
export interface Memory {
  /** The used heap after garbage collection. */
  readonly heap: number;
  readonly resident: number;
}

/**
 * Collects garbage until the heap no longer shrinks.
 * @throws if the process was started without `--expose-gc`
 */
export async function settledMemory(): Promise<Memory> {
  if (globalThis.gc === undefined) throw new Error("Start this process with --expose-gc.");
  let heap = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round++) {
    await setImmediate();
    await globalThis.gc({ execution: "async" });
    const { heapUsed } = process.memoryUsage();
    if (heapUsed > heap * 0.999) break;
    heap = heapUsed;
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, resident: rss };
}

/**
 * Measures the heap after a number of changes. Runs that differ only in `maxVersions` give the memory of a
 * version.
 */
export async function measureVersions(size: SystemSize, count: number): Promise<Measurement[]> {
  const system = await startSystem(size);
  try {
    await system.coldStart();
    const change = createChanger(system);
    for (let turn = 0; turn < count; turn++) await change();
    await system.gateway.registry.settled();
    const { heap } = await settledMemory();
    return [{ what: "heap", value: heap / 1e3, unit: "KB" }];
  } finally {
    await system.stop();
  }
}
