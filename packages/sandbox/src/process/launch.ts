import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** How a child is started. */
export interface LaunchOptions {
  /** The Node that runs it. Default: the one that runs this. */
  readonly execPath?: string;
  /** More options for that Node. */
  readonly execArgv?: readonly string[];
}

/** A child process and the ways to it. */
export interface Launched {
  /** It. */
  readonly child: ChildProcess;
  /** Frames both ways. */
  readonly channel: Socket;
  /** What it complains about. */
  readonly complaints: Socket;
}

/** Beside this file, with this file's extension: TypeScript in development, JavaScript when built. */
const program = fileURLToPath(new URL(`../child/main${extname(import.meta.url)}`, import.meta.url));

/** Nothing of the gateway's own environment gets in; locale and time zone are the same everywhere (S11.1). */
const environment = { TZ: "UTC", LANG: "en_US.UTF-8", LC_ALL: "en_US.UTF-8" };

/** Should something break out of the engine after all: it starts no process and writes no file. */
const confinement = ["--permission", "--allow-addons", "--allow-worker", "--allow-fs-read=*"];

/** Starts a child that inherits the black box as descriptor 4. Its end is told by the events of `child`. */
export function launch(blackBox: number, { execPath, execArgv = [] }: LaunchOptions): Launched {
  const child = spawn(
    execPath ?? process.execPath,
    ["--no-node-snapshot", ...confinement, ...execArgv, program],
    {
      env: environment,
      stdio: ["ignore", "ignore", "pipe", "pipe", blackBox],
      windowsHide: true,
    },
  );
  const [, , complaints, channel] = child.stdio;
  return { child, channel: channel as Socket, complaints: complaints as Socket };
}
