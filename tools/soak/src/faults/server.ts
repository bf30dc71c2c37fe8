import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installed, listening } from "@tidegate/bench";
import type { TransportName } from "./network.ts";

/** The NATS or Redis server of a run. */
export interface MessageServer {
  kill(): Promise<void>;
  /** Sends a signal to the server: SIGSTOP makes it hang, SIGCONT lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Starts the server on its port. Resolves when it accepts connections. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const programs = {
  NATS: { name: "nats-server", start: (host: string, port: number) => ["--addr", host, "--port", `${port}`] },
  Redis: {
    name: "redis-server",
    start: (host: string, port: number) =>
      `--bind ${host} --port ${port} --save  --protected-mode no`.split(" "),
  },
};

/** The reason why a transporter cannot be tested. Undefined if it can. */
export function serverProblem(transport: TransportName): string | undefined {
  if (transport === "TCP") return undefined;
  const { name } = programs[transport];
  return installed(name) === undefined ? `${name} is not installed` : undefined;
}

/** Creates the server of a transporter without starting it. Undefined for TCP, which has no server. */
export async function createServer(
  transport: TransportName,
  host: string,
  port: number,
): Promise<MessageServer | undefined> {
  if (transport === "TCP") return undefined;
  const { name, start } = programs[transport];
  const folder = await mkdtemp(join(tmpdir(), "tidegate-soak-"));
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  return {
    kill,
    signal: (signal) => void child?.kill(signal),
    start: async () => {
      child = spawn(installed(name) ?? name, start(host, port), {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
      });
      await listening(child, port);
    },
    close: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
