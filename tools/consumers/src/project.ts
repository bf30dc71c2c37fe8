import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unpack } from "./packages.ts";

/** The modules of this package, among them the third parties that projects of users install. */
const modules = join(import.meta.dirname, "../node_modules");

/** A folder with a project of a user. */
export interface Project {
  readonly folder: string;
  /** Writes a file; its path is from the folder. */
  write(file: string, text: string): Promise<void>;
}

/** A folder whose `node_modules` its projects share. */
export interface Workspace {
  readonly folder: string;
  /**
   * Creates a project in a folder of its own.
   * @param type the member `type` of its `package.json`. Default: none
   */
  project(name: string, type?: "commonjs" | "module"): Promise<Project>;
  remove(): Promise<void>;
}

/**
 * Installs `moleculer`, `@types/node`, and our packages for services as they are published, in an empty
 * folder. Ours have to be built before.
 * @param links more packages, which are linked to those that are installed here
 */
export async function createWorkspace(links: readonly string[] = []): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), "tidegate-consumer-"));
  const installed = join(root, "node_modules");
  await unpack("packages/fragment", join(installed, "@tidegate/fragment"));
  await unpack("packages/service-moleculer", join(installed, "@tidegate/service-moleculer"));
  await mkdir(join(installed, "@types"));
  for (const name of ["moleculer", "@types/node", ...links])
    await symlink(join(modules, name), join(installed, name));
  return {
    folder: root,
    async project(name, type) {
      const folder = join(root, name);
      const write = async (file: string, text: string): Promise<void> => {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await writeFile(join(folder, file), text);
      };
      await write(
        "package.json",
        JSON.stringify({ name, private: true, ...(type !== undefined && { type }) }),
      );
      return { folder, write };
    },
    remove: () => rm(root, { recursive: true }),
  };
}
