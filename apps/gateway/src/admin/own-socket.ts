import { lstatSync, unlinkSync } from "node:fs";
import { chmod, link, lstat, mkdtemp, rm, unlink } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";
import { TidegateError } from "@tidegate/core-registry";

/** The longest path of a Unix domain socket on any system, in bytes. */
const longest = 103;

/**
 * Lets a server listen on a Unix domain socket that only this user may use (0600). One that was left behind is replaced;
 * one that somebody answers on is not. Returns what removes it; the server is closed by who made it.
 * @throws {TidegateError} `CONFIG_INVALID` where it cannot listen there
 */
export async function listenOn(server: Server, path: string): Promise<() => void> {
  try {
    return await listenPrivately(server, path);
  } catch (cause) {
    server.close();
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TidegateError("CONFIG_INVALID", `The admin socket cannot be opened: ${message}`, { cause });
  }
}

/** Whether somebody answers on a socket. @throws where it cannot be told */
export async function answers(path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const socket = connect(path, () => resolve(true));
  socket.on("error", (error: NodeJS.ErrnoException) =>
    error.code === "ECONNREFUSED" || error.code === "ENOENT" ? resolve(false) : reject(error),
  );
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** Made in a folder that only this user may enter and linked when its mode is right: nobody else can connect in between. */
async function listenPrivately(server: Server, path: string): Promise<() => void> {
  const folder = await mkdtemp(join(dirname(path), "."));
  try {
    const made = join(folder, "s");
    for (const name of [made, path])
      if (Buffer.byteLength(name) > longest) throw new Error(`${name} is longer than ${longest} bytes.`);
    await listen(server, made);
    await chmod(made, 0o600);
    await place(made, path);
    const { dev, ino } = await lstat(path);
    const remove = (): void => {
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found?.dev === dev && found.ino === ino) unlinkSync(path);
    };
    // A process that is ended at once leaves nothing behind either.
    process.once("exit", remove);
    return () => {
      process.off("exit", remove);
      remove();
    };
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

async function place(made: string, path: string): Promise<void> {
  try {
    await link(made, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    await removeStale(path);
    await link(made, path);
  }
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path);
  if (!found.isSocket()) throw new Error(`${path} is there and is no socket.`);
  if (await answers(path)) throw new Error(`another gateway answers on ${path}: give each its own.`);
  await unlink(path);
}
