import { workerData } from "node:worker_threads";

/**
 * A thread that ends its process where one call does not: what the gateway would do, for when there is no gateway any
 * more. `progress` counts the calls; it is odd while one runs.
 */
const { progress, limit }: { progress: Int32Array; limit: number } = workerData;

let seen = -1;
setInterval(() => {
  const now = Atomics.load(progress, 0);
  if (now === seen && (now & 1) === 1) process.kill(process.pid, "SIGKILL");
  seen = now;
}, limit);
