import { openSync, readSync } from "node:fs";

/**
 * How long this process's main thread could have run and did not, because others had the machine's cores: milliseconds since its
 * start. Linux tells; elsewhere it is 0.
 */
export function makeWaited(): () => number {
  const file = openStatistics();
  if (file === undefined) return () => 0;
  const bytes = Buffer.alloc(96);
  return () => {
    const [, waited = "0"] = bytes
      .toString("latin1", 0, readSync(file, bytes, 0, bytes.length, 0))
      .split(" ");
    return Number(waited) / 1e6;
  };
}

function openStatistics(): number | undefined {
  try {
    return openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
  } catch {
    return undefined;
  }
}
