import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ServiceName } from "../services.ts";
import { type Cluster, clusterVariable } from "./cluster.ts";

/** How a process ended. */
export interface Ending {
  /** Its exit code; null where a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it, or null. */
  readonly signal: NodeJS.Signals | null;
}

/** A service in a process of its own. */
export interface ServiceChild {
  /** Which. */
  readonly name: ServiceName;
  /** The process. */
  readonly pid: number;
  /** Resolves when the process has ended, however. */
  readonly ended: Promise<Ending>;
  /** Tells it to leave, and resolves when it has ended. One that does not is killed after 5 seconds. */
  stop(): Promise<Ending>;
}

/** How a service's process is started. */
export interface ServiceChildOptions {
  /** Which service. */
  readonly name: ServiceName;
  /** What it joins. */
  readonly cluster: Cluster;
  /** A file with the fragment that it publishes. Default: its own. */
  readonly fragment?: string;
  /** Variables of its environment, beside this process's. Default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes each line that it prints. */
  readonly write: (line: string) => void;
}

const program = join(import.meta.dirname, "../service-process.ts");
const patience = 5_000;

/** Starts a service in a process of its own, which ends with this process, however this one ends. */
export function startChild({ name, cluster, fragment, env, write }: ServiceChildOptions): ServiceChild {
  const child = fork(program, [name, ...(fragment === undefined ? [] : ["--fragment", fragment])], {
    execArgv: ["--conditions=@tidegate/source"],
    env: { ...process.env, ...env, [clusterVariable]: JSON.stringify(cluster) },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface(stream).on("line", write);
  }
  const ended = endOf(child);
  return {
    name,
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), patience);
      const ending = await ended;
      clearTimeout(timer);
      return ending;
    },
  };
}

/** Waits for `close`, not `exit`: by then all that it printed has been read. */
async function endOf(child: ChildProcess): Promise<Ending> {
  const [code, signal] = await once(child, "close");
  return { code, signal };
}
