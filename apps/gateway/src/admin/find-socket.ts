import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { TidegateError } from "@tidegate/core-registry";
import { nobodyText } from "./ask.ts";
import { answers } from "./own-socket.ts";
import { socketFolders, socketName } from "./socket-path.ts";

/**
 * The socket of the one gateway that runs here and was given no other.
 * @throws {TidegateError} `DEPENDENCY_UNAVAILABLE` where none runs, or several do; it says what to do
 */
export async function findSocket(): Promise<string> {
  const found = await Promise.all(socketFolders().map(openSockets));
  const [first, ...others] = found.flat();
  if (first === undefined)
    throw new TidegateError("DEPENDENCY_UNAVAILABLE", nobodyText(socketFolders().join(" or ")));
  if (others.length === 0) return first;
  const lines = [first, ...others].map((path) => `  --socket ${path}`);
  throw new TidegateError(
    "DEPENDENCY_UNAVAILABLE",
    ["Several gateways run here. Say which:", ...lines].join("\n"),
  );
}

async function openSockets(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const paths = names.filter((name) => socketName.test(name)).map((name) => join(folder, name));
  const open = await Promise.all(paths.map((path) => answers(path).catch(() => false)));
  return paths.filter((_, index) => open[index]).sort();
}
