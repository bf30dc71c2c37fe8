import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** Returns the fenced blocks of a page with an info string such as `json fragment`. */
export type Blocks = (fence: string) => readonly string[];

/** Pairs of a text on the page and the text that replaces it in the test. */
export type Replacements = readonly (readonly [shown: string, real: string])[];

/** Reads a page, such as `docs/branches.md`. */
export async function readPage(name: string): Promise<Blocks> {
  const page = await readFile(join(import.meta.dirname, "../../..", name), "utf8");
  return (fence) =>
    [...page.matchAll(new RegExp(`^\`\`\`${fence}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block]) => block ?? "");
}

/**
 * Sends the requests of a block. Returns the block with the real answers. A line is a request and its answer:
 * `GET /path  header: value  200 body`. The header is optional; only answers with status 200 have a body.
 */
export async function withRealAnswers(
  block: string,
  url: string,
  replacements: Replacements = [],
): Promise<string> {
  const lines = block.split("\n").filter((line) => line !== "");
  const answers = lines.map(async (line) => {
    const [head = "", path = "", header] = /^GET (\S+)(?: {2}([\w-]+: \S+))?/.exec(line) ?? [];
    const real = replacements.reduce((text, [shown, used]) => text.replace(shown, used), path);
    const { status, body } = await ask(`${url}${real}`, header?.split(": "));
    return head + line.slice(head.length).replace(/\S.*$/, status === 200 ? `200 ${body}` : String(status));
  });
  return `${(await Promise.all(answers)).join("\n")}\n`;
}

/** Sends a GET request on a new connection, with any header, including `host`. */
export function ask(
  url: string,
  [name, value]: readonly string[] = [],
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: string }>();
  const headers = name === undefined || value === undefined ? {} : { [name]: value };
  const sent = request(url, { headers, agent: false }, (response) => {
    text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
  });
  sent.on("error", reject).end();
  return promise;
}
