import { readFile } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { parseJson } from "../../json.ts";
import { UsageError } from "../arguments.ts";
import type { ExportedFragment } from "./find.ts";
import { loadModule } from "./load.ts";

/** A fragment of a file, and where it is. */
export interface FragmentInFile extends ExportedFragment {
  readonly service: string;
  /** The absolute path of the file. */
  readonly path: string;
  /** Whether the file is JSON, and so only the fragment. */
  readonly isJson: boolean;
}

const modules = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];

/**
 * Reads the fragments of a file: a JSON file is one; a module exports them (see `findFragments`).
 * @throws {UsageError} where the file cannot be read
 * @throws {JsonSyntaxError} where it is no valid JSON
 * @throws {FragmentFileError} where a module cannot be loaded, or exports no fragment
 */
export async function readFragments(file: string): Promise<readonly FragmentInFile[]> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UsageError(`Cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  const path = resolve(file);
  const service = basename(file).replace(/\..*$/s, "");
  if (!modules.includes(extname(file)))
    return [{ service, fragment: parseJson(text, file), keys: [], path, isJson: true }];
  const fragments = await loadModule(path, file);
  return fragments.map((fragment) => ({ service, ...fragment, path, isJson: false }));
}
