import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RestRouteInput } from "@tidegate/protocol-rest";
import { Errors } from "moleculer";

/** A file of the page with its media type. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

const mediaTypes: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
};

/** The routes of the page. They call an action, like all other routes. */
export const pageRoutes: readonly RestRouteInput[] = [
  fileRoute("/", "index.html", "The page that shows the matches and the table live."),
  fileRoute("/page.css", "page.css", "The styles of the page."),
  fileRoute("/page.js", "page.js", "The script of the page."),
];

/**
 * Reads a file of the page. Reads it on every call, so that it can be edited while the demo runs.
 * @throws {Errors.MoleculerClientError} 404 if the page has no such file
 */
export async function readPage(file: string): Promise<PageFile> {
  const type = mediaTypes[file];
  if (type === undefined)
    throw new Errors.MoleculerClientError(`There is no file ${file}.`, 404, "FILE_NOT_FOUND");
  return { type, text: await readFile(join(import.meta.dirname, file), "utf8") };
}

function fileRoute(path: string, file: string, description: string): RestRouteInput {
  return {
    method: "GET",
    path,
    description,
    call: {
      action: "match.page",
      params: { file },
      map: `({ response }) => ({ $headers: { "Content-Type": response.type }, $body: response.text })`,
    },
  };
}
