import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { freePorts } from "./system.ts";

/** A running NATS or Redis server. */
export interface Server {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Stops the server and deletes its files. */
  stop(): Promise<void>;
}

/** Returns the path of an installed program, or undefined. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/bin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Starts a server on a free port, or on that of a stopped one, and resolves when it accepts connections. */
export async function startServer(
  program: string,
  argumentsOf: (port: number, folder: string) => readonly string[],
  previous?: Server,
): Promise<Server> {
  const port = previous?.port ?? (await freePorts(1))[0] ?? 0;
  const folder = await mkdtemp(join(tmpdir(), "tidegate-"));
  const child = spawn(program, argumentsOf(port, folder), { stdio: ["ignore", "pipe", "pipe"] });
  await waitForServer(child, port);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const ended = once(child, "exit");
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  return {
    port,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Tries to connect after each line of output. */
async function waitForServer(child: ChildProcess, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once("error", reject);
  child.once("exit", (code) => reject(new Error(`The server exited with code ${code}.`)));
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
