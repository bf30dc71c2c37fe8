import { lstat, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { TidegateError } from "@tidegate/core-registry";

/** What the names of sockets look like that nobody chose. */
export const socketName: RegExp = /^tidegate-\d+\.sock$/;

/** Where sockets are that nobody chose: the user's runtime folder where there is one, and the folder for temporary files. */
export function socketFolders(): readonly string[] {
  const { XDG_RUNTIME_DIR: runtime = "" } = process.env;
  const temporary = join(tmpdir(), `tidegate-${process.getuid?.() ?? "user"}`);
  return isAbsolute(runtime) ? [join(runtime, "tidegate"), temporary] : [temporary];
}

/**
 * The socket of a gateway that was given none, named by the port that it listens on. Makes its folder, for this user alone.
 * @throws {TidegateError} `CONFIG_INVALID` where no folder can be made, or it is somebody else's
 */
export async function defaultSocket(port: number): Promise<string> {
  const problems: string[] = [];
  for (const folder of socketFolders()) {
    const problem = await makeOwn(folder);
    if (problem === undefined) return join(folder, `tidegate-${port}.sock`);
    problems.push(problem);
  }
  throw new TidegateError("CONFIG_INVALID", problems.join(" "));
}

/** Who may write into the folder may put a socket there and be told what is meant for the gateway. */
async function makeOwn(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder, { mode: 0o700 }).catch(unlessThere);
    const found = await lstat(folder);
    const own = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
    return own ? undefined : `${folder} is no folder of this user alone.`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function unlessThere(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}
