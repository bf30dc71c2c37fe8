import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { BrokerOptions } from "moleculer";

type Transporter = NonNullable<BrokerOptions["transporter"]>;

/** A server that carries the messages of a system. */
export interface MessageServer {
  /** Moleculer's option for the server. */
  readonly transporter: Transporter;
  /** Starts it on its port, and resolves when it accepts connections. */
  start(): Promise<void>;
  /** Ends it with `SIGKILL`. */
  kill(): Promise<void>;
}

/** The servers that are tested (S13.1), by the name of Moleculer's transporter. */
export const programs = {
  NATS: {
    program: "nats-server",
    parameters: (port: number) => ["--addr", "127.0.0.1", "--port", `${port}`],
    transporter: (port: number): Transporter => ({
      type: "NATS",
      options: { url: `nats://127.0.0.1:${port}` },
    }),
  },
  Redis: {
    program: "redis-server",
    parameters: (port: number) => [
      "--bind",
      "127.0.0.1",
      "--port",
      `${port}`,
      "--dir",
      tmpdir(),
      "--save",
      "",
    ],
    transporter: (port: number): Transporter => ({ type: "Redis", options: { host: "127.0.0.1", port } }),
  },
} as const;

/** The path of an installed program; undefined if there is none. */
export function installed(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/bin"];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/** Creates a server with a port of its own. Not started. */
export async function createMessageServer(type: keyof typeof programs, path: string): Promise<MessageServer> {
  const { parameters, transporter } = programs[type];
  const port = await freePort();
  let child: ChildProcess | undefined;
  return {
    transporter: transporter(port),
    start: async () => {
      child = spawn(path, parameters(port), { stdio: ["ignore", "pipe", "pipe"] });
      await listening(child, port);
    },
    kill: async () => {
      if (child !== undefined && child.exitCode === null && child.signalCode === null) {
        const exited = once(child, "exit");
        child.kill("SIGKILL");
        await exited;
      }
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}

/** Tries to connect after each line that the server writes. */
async function listening(child: ChildProcess, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once("error", reject);
  child.once("exit", (code) => reject(new Error(`The server ended with exit code ${code}.`)));
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null)
      createInterface(stream).on("line", () => {
        const socket = connect(port, "127.0.0.1", () => {
          socket.destroy();
          resolve();
        }).on("error", () => socket.destroy());
      });
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
