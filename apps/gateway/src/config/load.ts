import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { TidegateError } from "@tidegate/core-registry";
import { parseJson } from "../json.ts";

/** The default files, in order of preference. */
const defaultFiles = ["gateway.config.ts", "gateway.config.js", "gateway.config.mjs", "gateway.config.json"];

/** A configuration file that is loaded but not validated. */
export interface ConfigFile {
  /** The absolute path; undefined if there is no file, so that the defaults apply. */
  readonly path: string | undefined;
  /** The default export, or the parsed JSON. */
  readonly value: unknown;
}

/**
 * Loads the configuration (S15): the default export of a module, or JSON.
 * @param path default: the first of `gateway.config.ts`, `.js`, `.mjs` and `.json` that the folder contains;
 * if there is none, the configuration is `{}`
 * @param folder default: the current folder
 * @throws {TidegateError} `CONFIG_INVALID` if the file cannot be loaded
 */
export async function loadConfig(path?: string, folder: string = process.cwd()): Promise<ConfigFile> {
  const file = path === undefined ? findConfig(folder) : resolve(folder, path);
  if (file === undefined) return { path: undefined, value: {} };
  if (!existsSync(file)) {
    throw new TidegateError("CONFIG_INVALID", `The configuration file ${file} does not exist.`);
  }
  return { path: file, value: extname(file) === ".json" ? await readJson(file) : await importDefault(file) };
}

function findConfig(folder: string): string | undefined {
  return defaultFiles.map((name) => resolve(folder, name)).find((file) => existsSync(file));
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
