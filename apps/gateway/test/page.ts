import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** The fenced blocks of a page whose fence says so: `json fragment`. */
export type Blocks = (fence: string) => readonly string[];

/** What a page shows, and what stands for it in a test. */
export type Shown = readonly (readonly [shown: string, real: string])[];

/** Reads a page: `docs/branches.md`. */
export async function readPage(name: string): Promise<Blocks> {
  const page = await readFile(join(import.meta.dirname, "../../..", name), "utf8");
  return (fence) =>
    [...page.matchAll(new RegExp(`^\`\`\`${fence}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block]) => block ?? "");
}

/**
 * A block of requests as it would be were it true. A line is a request and its answer: `GET /path  header: value  200 body`, with
 * the header and, unless it is 200, the body left out.
 */
export async function answered(block: string, url: string, shown: Shown = []): Promise<string> {
  const lines = block.split("\n").filter((line) => line !== "");
  const answers = lines.map(async (line) => {
    const [head = "", path = "", header] = /^GET (\S+)(?: {2}([\w-]+: \S+))?/.exec(line) ?? [];
    const real = shown.reduce((asked, [name, other]) => asked.replace(name, other), path);
    const { status, body } = await ask(`${url}${real}`, header?.split(": "));
    return head + line.slice(head.length).replace(/\S.*$/, status === 200 ? `200 ${body}` : String(status));
  });
  return `${(await Promise.all(answers)).join("\n")}\n`;
}

/** A GET on a connection of its own, with any header, `host` too. */
export function ask(
  url: string,
  [name, value]: readonly string[] = [],
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: string }>();
  const headers = name === undefined || value === undefined ? {} : { [name]: value };
  const asked = request(url, { headers, agent: false }, (response) => {
    text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
  });
  asked.on("error", reject).end();
  return promise;
}
