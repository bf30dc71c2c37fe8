import { execFile } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The folder of the repository's root package, absolute. */
const root = join(import.meta.dirname, "../../..");

/** Builds a package, and those that it needs, into their folders `dist`. */
export async function build(name: string): Promise<void> {
  const nx = join(root, "node_modules/.bin/nx");
  await run(nx, ["run", `${name}:build`, "--output-style=static"], { cwd: root });
}

/**
 * Packs a built package as it is published, and unpacks it.
 * @param folder the folder of the package from the root, such as `packages/fragment`
 * @param target the folder that gets the content of the package
 */
export async function unpack(folder: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await run("npx", ["pnpm", "--dir", folder, "pack", "--pack-destination", target], { cwd: root });
  const [archive] = (await readdir(target)).filter((file) => file.endsWith(".tgz"));
  if (archive === undefined) throw new Error(`pnpm pack wrote no archive of ${folder}.`);
  await run("tar", ["-xzf", archive, "--strip-components=1"], { cwd: target });
}
