import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { TransportName } from "./place.ts";

/** A message server of a run. */
export interface MessageServer {
  /** Kills it, as a crash would. */
  kill(): Promise<void>;
  /** Starts it where it was, and resolves when it takes connections. */
  start(): Promise<void>;
  /** Ends it for good. */
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

/** Why faults cannot be tried on a transporter here; undefined where they can. */
export function missingServer(transport: TransportName): string | undefined {
  if (transport === "TCP") return undefined;
  const { name } = programs[transport];
  return programOf(name) === undefined ? `${name} is not installed` : undefined;
}

/** The path of an installed program, or undefined. */
export function programOf(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/local/bin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** A server on a port, not started yet. Undefined for TCP, which has none. */
export async function serverOf(
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
    start: async () => {
      child = spawn(programOf(name) ?? name, start(host, port), {
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

/** Tries to connect after each line that a server prints. */
async function listening(child: ChildProcess, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once("error", reject);
  child.once("exit", (code) => reject(new Error(`The server ended with ${code}.`)));
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface(stream).on("line", () => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve();
      }).on("error", () => socket.destroy());
    });
  }
  await promise;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
