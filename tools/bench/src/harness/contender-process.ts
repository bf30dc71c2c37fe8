import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import type { Contender } from "./benchmark.ts";
import type { ContenderMessage } from "./contend.ts";
import { nodeFlags } from "./node-flags.ts";

/** A contender, running. */
export interface ContenderProcess {
  /** Which. */
  readonly who: string;
  /** Where it listens. */
  readonly port: number;
  /** The CPU time that its process has used until now, in microseconds. */
  cpuMicroseconds(): Promise<number>;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Starts a contender and resolves when it takes requests. Where the machine can, it keeps one core to itself. */
export async function startContender({ who, program, given }: Contender): Promise<ContenderProcess> {
  const [command = "", ...args] = [
    ...pin(),
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
  const first = await next(child, who);
  if (!("port" in first)) throw new Error(`${who} did not say where it listens.`);
  return {
    who,
    port: first.port,
    cpuMicroseconds: async () => {
      const answer = next(child, who);
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

/** The server on the last core; the load, which is this process, has the others. */
function pin(): string[] {
  const cores = availableParallelism();
  const possible = cores > 1 && spawnSync("taskset", ["--version"]).status === 0;
  return possible ? ["taskset", "--cpu-list", String(cores - 1)] : [];
}

async function next(child: ChildProcess, who: string): Promise<ContenderMessage> {
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
