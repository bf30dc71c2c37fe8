import { createChanger } from "./changes.ts";
import type { Measurement } from "./job.ts";
import { settledMemory } from "./memory.ts";
import { type SystemSize, startSystem } from "./system.ts";

/** What is kept after so many changes: the heap, for runs that differ in `maxVersions` alone. */
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
