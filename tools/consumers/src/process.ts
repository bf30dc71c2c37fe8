import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** A running process of a project. */
export interface RunningProcess {
  /** Asks the process to end, as an operator does, and resolves with its exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

/**
 * Runs a file with a version of Node.
 * @param args the file and its arguments
 * @param onLine called with each line that the process prints
 */
export function runNode(
  node: string,
  folder: string,
  args: readonly string[],
  onLine: (line: string) => void,
): RunningProcess {
  // Colours would be between the words that tests look for.
  const env = { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", FORCE_COLOR: "0" };
  const child = spawn(node, args, { cwd: folder, env });
  const exited = once(child, "exit");
  for (const output of [child.stdout, child.stderr]) {
    let rest = "";
    output.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    });
  }
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    const [code] = await exited;
    return code;
  };
  return {
    stop: () => end("SIGTERM"),
    kill: async () => void (await end("SIGKILL")),
  };
}

/** Returns a port that is free. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return Object(address).port;
}
