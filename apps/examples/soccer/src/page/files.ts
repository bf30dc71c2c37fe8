import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Errors } from "moleculer";

/** A file of the page, and what it is. */
export interface PageFile {
  /** Its media type. */
  readonly type: string;
  /** Its text. */
  readonly text: string;
}

const types: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
};

/** Reads a file of the page, each time anew: it can be changed while the demo runs. Throws a 404 where there is none. */
export async function readPage(file: string): Promise<PageFile> {
  const type = types[file];
  if (type === undefined)
    throw new Errors.MoleculerClientError(`There is no ${file}.`, 404, "FILE_NOT_FOUND");
  return { type, text: await readFile(join(import.meta.dirname, file), "utf8") };
}
