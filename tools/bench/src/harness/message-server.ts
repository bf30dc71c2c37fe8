import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "@tidegate/example-soccer";

/** A NATS or Redis server on 127.0.0.1 that was started for a run. */
export interface MessageServer {
  readonly port: number;
  /** Stops the server and deletes its files. */
  stop(): Promise<void>;
}

/** The path of a program, or undefined if it is not installed. */
export function installed(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/local/bin"];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/**
 * Starts a message server on a free port. Resolves when the server accepts connections.
 * @param argumentsOf the command line arguments for a port and a temporary folder
 * @throws if the server ends first
 */
export async function startMessageServer(
  program: string,
  argumentsOf: (port: number, folder: string) => readonly string[],
): Promise<MessageServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "tidegate-"));
  const child = spawn(program, argumentsOf(port, folder), { stdio: ["ignore", "pipe", "pipe"] });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await listening(child, port);
    return { port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Resolves when a started server accepts connections. Tries to connect after each line that the server
 * prints.
 * @throws if the server ends first
 */
export async function listening(child: ChildProcess, port: number): Promise<void> {
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
