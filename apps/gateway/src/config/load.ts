import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { TidegateError } from "@tidegate/core-registry";
import { parseJson } from "../json.ts";

/** Names that are looked for, in order. */
const names = ["gateway.config.ts", "gateway.config.js", "gateway.config.mjs", "gateway.config.json"];

/** A configuration file, read and not yet checked. */
export interface ConfigFile {
  /** Its absolute path; undefined where there is none and the defaults hold. */
  readonly path: string | undefined;
  /** What it exports, or holds. */
  readonly value: unknown;
}

/**
 * Reads the configuration (S15): a module's default export, or JSON.
 * @param path the file. Default: the first of `gateway.config.ts`, `.js`, `.mjs`, `.json` in the folder; without any, `{}`
 * @param folder default: the current one
 * @throws {TidegateError} `CONFIG_INVALID` where it cannot be read
 */
export async function loadConfig(path?: string, folder: string = process.cwd()): Promise<ConfigFile> {
  const file = path === undefined ? findConfig(folder) : resolve(folder, path);
  if (file === undefined) return { path: undefined, value: {} };
  if (!existsSync(file)) {
    throw new TidegateError("CONFIG_INVALID", `There is no configuration file ${file}.`);
  }
  return { path: file, value: extname(file) === ".json" ? await readJson(file) : await importDefault(file) };
}

function findConfig(folder: string): string | undefined {
  return names.map((name) => resolve(folder, name)).find((file) => existsSync(file));
}

async function importDefault(file: string): Promise<unknown> {
  const module: unknown = await import(pathToFileURL(file).href).catch((cause: unknown) => {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TidegateError("CONFIG_INVALID", `${basename(file)} cannot be loaded: ${message}`, { cause });
  });
  if (typeof module === "object" && module !== null && "default" in module) return module.default;
  throw new TidegateError(
    "CONFIG_INVALID",
    `${basename(file)} has no default export: export default defineConfig({ ... }).`,
  );
}

async function readJson(file: string): Promise<unknown> {
  try {
    return parseJson(await readFile(file, "utf8"), basename(file));
  } catch (cause) {
    throw new TidegateError("CONFIG_INVALID", cause instanceof Error ? cause.message : String(cause), {
      cause,
    });
  }
}
