import { workerData } from "node:worker_threads";

/**
 * A thread that kills its process when one call does not return. The gateway does the same earlier; this
 * thread is for a process whose gateway has died. `progress` counts the starts and ends of calls, so it is
 * odd during a call.
 */
const { progress, timeout }: { progress: Int32Array; timeout: number } = workerData;

let last = -1;
setInterval(() => {
  const current = Atomics.load(progress, 0);
  if (current === last && (current & 1) === 1) process.kill(process.pid, "SIGKILL");
  last = current;
}, timeout);
