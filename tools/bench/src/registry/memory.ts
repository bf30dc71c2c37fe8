import { setImmediate } from "node:timers/promises";

/** What a process holds. */
export interface Memory {
  /** Bytes in use on the heap, after everything that can go has gone. */
  readonly heap: number;
  /** Bytes of the process in the machine's memory. */
  readonly resident: number;
}

/** Collects garbage until nothing more goes. @throws where the process was started without `--expose-gc` */
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
