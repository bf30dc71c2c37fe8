import { readdirSync, readFileSync } from "node:fs";

/**
 * The CPU time that this process and its child processes have used so far, in microseconds, all threads
 * together. Children are found on Linux only; elsewhere this process alone counts.
 */
export function usedMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system + descendantMicroseconds(process.pid);
}

function descendantMicroseconds(pid: number): number {
  let sum = 0;
  for (const child of childrenOf(pid)) sum += threadMicroseconds(child) + descendantMicroseconds(child);
  return sum;
}

function childrenOf(pid: number): number[] {
  return threadsOf(pid)
    .flatMap((thread) => readText(`${thread}/children`).split(" "))
    .filter((text) => text !== "")
    .map(Number);
}

/** The first number of `schedstat` is the time that a thread ran, in nanoseconds. */
function threadMicroseconds(pid: number): number {
  const nanoseconds = threadsOf(pid).map((thread) => Number(readText(`${thread}/schedstat`).split(" ")[0]));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1000;
}

/** The folders of the threads of a process; none if it has ended. */
function threadsOf(pid: number): string[] {
  const folder = `/proc/${pid}/task`;
  try {
    return readdirSync(folder).map((thread) => `${folder}/${thread}`);
  } catch {
    return [];
  }
}

/** The text of a file in `/proc`; empty if its thread has ended. */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
