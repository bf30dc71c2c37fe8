import { execFile } from "node:child_process";
import { join } from "node:path";

/** The result of a command. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tidegate` with these arguments as a child process whose output is a pipe. */
export function runCommand(args: readonly string[]): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const cli = join(import.meta.dirname, "../src/cli.ts");
  const env = { ...process.env, FORCE_COLOR: undefined };
  execFile(
    process.execPath,
    ["--conditions=@tidegate/source", cli, ...args],
    { env },
    (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    },
  );
  return promise;
}
