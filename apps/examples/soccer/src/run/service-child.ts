import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ServiceName } from "../services.ts";
import { type Cluster, clusterVariable } from "./cluster.ts";

/** How a process ended: by itself or by a signal. */
export interface ExitStatus {
  /** Null if a signal ended the process. */
  readonly code: number | null;
  /** The signal that ended the process, or null. */
  readonly signal: NodeJS.Signals | null;
}

/** The child process of a service. */
export interface ServiceChild {
  readonly name: ServiceName;
  readonly pid: number;
  /** Resolves when the process has ended for any reason. */
  readonly ended: Promise<ExitStatus>;
  /**
   * Sends SIGTERM, and SIGKILL if the process still runs after 5 seconds. Resolves when the process has
   * ended.
   */
  stop(): Promise<ExitStatus>;
}

/** Options of `startChild`: the service, its network and its output. */
export interface ServiceChildOptions {
  readonly name: ServiceName;
  /** The cluster that the service joins. */
  readonly cluster: Cluster;
  /** The file of a fragment to publish. Default: the service's own fragment. */
  readonly fragment?: string;
  /** Environment variables in addition to those of this process. Default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Receives each line of the output. */
  readonly write: (line: string) => void;
}

const program = join(import.meta.dirname, "../service-process.ts");
const stopTimeoutMs = 5_000;

/** Starts a service in a child process. The child ends when this process ends, for any reason. */
export function startChild({ name, cluster, fragment, env, write }: ServiceChildOptions): ServiceChild {
  const child = fork(program, [name, ...(fragment === undefined ? [] : ["--fragment", fragment])], {
    execArgv: ["--conditions=@tidegate/source"],
    env: { ...process.env, ...env, [clusterVariable]: JSON.stringify(cluster) },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface(stream).on("line", write);
  }
  const ended = exitOf(child);
  return {
    name,
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      const status = await ended;
      clearTimeout(timer);
      return status;
    },
  };
}

/** Waits for `close` instead of `exit`: then the whole output has been read. */
async function exitOf(child: ChildProcess): Promise<ExitStatus> {
  const [code, signal] = await once(child, "close");
  return { code, signal };
}
