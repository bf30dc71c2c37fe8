import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import type { Contender } from "./benchmark.ts";
import { usedMicroseconds } from "./processor-time.ts";
import { nodeFlags } from "./program.ts";

/** A message from the process of a contender to the harness. */
type ContenderMessage = { readonly port: number } | { readonly cpuMicroseconds: number };

/**
 * Runs the server of a contender in this process. Sends the port to the harness, and the used CPU time on
 * each request of the harness. The process ends with the harness.
 * @param start starts the server on a free port of 127.0.0.1 and returns the port
 */
export async function contend(start: () => Promise<number>): Promise<void> {
  const send = (message: ContenderMessage): void => void process.send?.(message);
  process.on("disconnect", () => process.exit());
  process.on("message", () => send({ cpuMicroseconds: usedMicroseconds() }));
  send({ port: await start() });
}

/** The running process of a contender. */
export interface ContenderProcess {
  readonly who: string;
  readonly port: number;
  /** The CPU time that the process and its child processes have used so far, in microseconds. */
  cpuMicroseconds(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts a contender. Resolves when it accepts requests. If `taskset` is installed, the process and its
 * child processes share one core.
 */
export async function startContender({ who, program, given }: Contender): Promise<ContenderProcess> {
  const [command = "", ...args] = [
    ...pinnedToCore(),
    process.execPath,
    ...nodeFlags,
    "--conditions=@tidegate/source",
    program,
  ];
  if (given !== undefined) args.push(JSON.stringify(given));
  const child = spawn(command, args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const first = await nextMessage(child, who);
  if (!("port" in first)) throw new Error(`${who} did not send its port.`);
  return {
    who,
    port: first.port,
    cpuMicroseconds: async () => {
      const answer = nextMessage(child, who);
      child.send("cpu");
      const message = await answer;
      return "cpuMicroseconds" in message ? message.cpuMicroseconds : Number.NaN;
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** Pins the server to the last core. The load, which this process generates, uses the others. */
function pinnedToCore(): string[] {
  const cores = availableParallelism();
  const possible = cores > 1 && spawnSync("taskset", ["--version"]).status === 0;
  return possible ? ["taskset", "--cpu-list", String(cores - 1)] : [];
}

async function nextMessage(child: ChildProcess, who: string): Promise<ContenderMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<ContenderMessage>();
  const ended = (code: number | null): void => reject(new Error(`${who} ended with exit code ${code}.`));
  child.once("message", resolve);
  child.once("exit", ended);
  child.once("error", reject);
  return promise.finally(() => {
    child.off("message", resolve);
    child.off("exit", ended);
    child.off("error", reject);
  });
}
