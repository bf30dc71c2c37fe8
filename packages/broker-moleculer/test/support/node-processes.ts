import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { BrokerOptions } from "moleculer";
import { onTestFinished } from "vitest";

/** A node with the service `work` in a process of its own. */
export interface NodeProcess {
  /** Makes the process hang (`SIGSTOP`), go on (`SIGCONT`), or end without a message (`SIGKILL`). */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Ends the process without a message. */
  kill(): Promise<void>;
  /** Resolves with the next message of the process. */
  nextMessage(): Promise<unknown>;
}

/**
 * Starts a node in a process of its own, and resolves when its broker has started. It is killed at the end of
 * the test.
 * @param hasPreset false: the node is a plain Moleculer broker
 */
export async function startNode(options: BrokerOptions, hasPreset = true): Promise<NodeProcess> {
  const child = fork(join(import.meta.dirname, "work-node.ts"), [JSON.stringify({ options, hasPreset })], {
    execArgv: ["--conditions=@tidegate/source"],
  });
  onTestFinished(() => kill(child));
  await Promise.race([once(child, "message"), ended(child)]);
  return {
    signal: (signal) => void child.kill(signal),
    kill: () => kill(child),
    nextMessage: async () => (await once(child, "message"))[0],
  };
}

async function ended(child: ChildProcess): Promise<never> {
  const [code] = await once(child, "exit");
  throw new Error(`The node ended with exit code ${code}.`);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
