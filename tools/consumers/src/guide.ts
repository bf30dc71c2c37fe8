import { readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Reads the code blocks of a page of this repository that have a file or another name behind the language, by
 * that name.
 */
export async function readBlocks(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(import.meta.dirname, "../../..", page), "utf8");
  const blocks = [...text.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)];
  return new Map(blocks.map(([, name = "", block = ""]) => [name, block]));
}
