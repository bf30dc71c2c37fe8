import { lstatSync, unlinkSync } from "node:fs";
import { chmod, link, lstat, mkdir, mkdtemp, readdir, rm, unlink } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { TidegateError } from "@tidegate/core-registry";

/** The longest path of a Unix domain socket that every system accepts. */
const maxPathBytes = 103;
const defaultName = /^tidegate-\d+\.sock$/;

/**
 * The default path of a gateway's admin socket, named after the port that the gateway listens on. Creates its
 * folder, which only this user can enter.
 * @throws {TidegateError} `CONFIG_INVALID` if no such folder can be created, or another user can enter it
 */
export async function defaultSocketPath(port: number): Promise<string> {
  const problems: string[] = [];
  for (const folder of defaultFolders()) {
    const problem = await makePrivateFolder(folder);
    if (problem === undefined) return join(folder, `tidegate-${port}.sock`);
    problems.push(problem);
  }
  throw new TidegateError("CONFIG_INVALID", problems.join(" "));
}

/**
 * The socket of the one gateway that runs on this machine with a default path.
 * @throws {TidegateError} `DEPENDENCY_UNAVAILABLE` if no gateway runs, or more than one; the message says
 * what to do
 */
export async function findSocket(): Promise<string> {
  const [first, ...others] = (await Promise.all(defaultFolders().map(listOpenSockets))).flat();
  if (first === undefined)
    throw new TidegateError("DEPENDENCY_UNAVAILABLE", noGatewayText(defaultFolders().join(" or ")));
  if (others.length === 0) return first;
  const options = [first, ...others].map((path) => `  --socket ${path}`);
  throw new TidegateError(
    "DEPENDENCY_UNAVAILABLE",
    ["Several gateways run on this machine. Choose one:", ...options].join("\n"),
  );
}

/** The message of a command that found no gateway. */
export function noGatewayText(where: string): string {
  return (
    `No gateway answers on ${where}. Start one with tidegate start, or pass the path of its socket ` +
    "with --socket PATH; the gateway logs the path when it starts."
  );
}

/**
 * Lets a server listen on a Unix domain socket that only this user can connect to (mode 0600). Replaces a
 * socket that a dead process left behind, but not one on which a process answers. Returns a function that
 * removes the socket; the caller closes the server.
 * @throws {TidegateError} `CONFIG_INVALID` if the server cannot listen there
 */
export async function listenPrivately(server: Server, path: string): Promise<() => void> {
  try {
    await createPrivateSocket(server, path);
    return await removerOf(path);
  } catch (cause) {
    server.close();
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TidegateError("CONFIG_INVALID", `The admin socket cannot be opened: ${message}`, { cause });
  }
}

/**
 * The folders of default sockets, in order of preference: the user's runtime folder, then the temporary
 * folder.
 */
function defaultFolders(): readonly string[] {
  const { XDG_RUNTIME_DIR: runtime = "" } = process.env;
  const temporary = join(tmpdir(), `tidegate-${process.getuid?.() ?? "user"}`);
  return isAbsolute(runtime) ? [join(runtime, "tidegate"), temporary] : [temporary];
}

/**
 * Another user who can write to the folder could place a socket of their own there and receive requests that
 * are meant for the gateway. Returns the problem, or undefined if the folder belongs to this user alone.
 */
async function makePrivateFolder(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error;
    });
    const stats = await lstat(folder);
    const isPrivate = stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0;
    return isPrivate ? undefined : `${folder} is not a folder of this user alone.`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function listOpenSockets(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const paths = names.filter((name) => defaultName.test(name)).map((name) => join(folder, name));
  const open = await Promise.all(paths.map((path) => answers(path).catch(() => false)));
  return paths.filter((_, index) => open[index]).sort();
}

/** Whether a process answers on a socket. */
async function answers(path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const socket = connect(path, () => resolve(true));
  socket.on("error", (error) =>
    hasCode(error, "ECONNREFUSED") || hasCode(error, "ENOENT") ? resolve(false) : reject(error),
  );
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/**
 * Creates the socket in a folder that only this user can enter, and links it to its path after its mode is
 * set. Otherwise another user could connect between `listen` and `chmod`.
 */
async function createPrivateSocket(server: Server, path: string): Promise<void> {
  const folder = await mkdtemp(join(dirname(path), "."));
  try {
    const created = join(folder, "s");
    for (const name of [created, path])
      if (Buffer.byteLength(name) > maxPathBytes)
        throw new Error(`${name} is longer than ${maxPathBytes} bytes.`);
    await listen(server, created);
    await chmod(created, 0o600);
    await linkTo(created, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(path, resolve);
  await promise;
  server.off("error", reject);
}

async function linkTo(created: string, path: string): Promise<void> {
  try {
    await link(created, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    await removeStale(path);
    await link(created, path);
  }
}

async function removeStale(path: string): Promise<void> {
  if (!(await lstat(path)).isSocket()) throw new Error(`${path} exists and is not a socket.`);
  if (await answers(path)) throw new Error(`another gateway answers on ${path}. Use another path.`);
  await unlink(path);
}

/**
 * Removes the socket when the returned function is called or the process exits, unless another one has
 * replaced it.
 */
async function removerOf(path: string): Promise<() => void> {
  const { dev, ino } = await lstat(path);
  const remove = (): void => {
    const current = lstatSync(path, { throwIfNoEntry: false });
    if (current?.dev === dev && current.ino === ino) unlinkSync(path);
  };
  process.once("exit", remove);
  return () => {
    process.off("exit", remove);
    remove();
  };
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
