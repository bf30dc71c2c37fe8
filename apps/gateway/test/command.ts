import { execFile } from "node:child_process";
import { join } from "node:path";

const cli = join(import.meta.dirname, "../src/cli.ts");

/** What a command printed, and its exit code. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tidegate ...` in a folder, as a child process whose output is a pipe. */
export function runCommand(folder: string, ...args: readonly string[]): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const node = ["--conditions=@tidegate/source", cli, ...args];
  const env = { ...process.env, FORCE_COLOR: undefined };
  execFile(process.execPath, node, { cwd: folder, env }, (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
  });
  return promise;
}
