import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = join(import.meta.dirname, "../src/main.ts");
const trace = (...args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, ["--conditions=@tidegate/source", program, ...args]);

test("`trace get` prints the functions of one request, and their number on the last line", async () => {
  const { stdout } = await trace("get");
  const lines = stdout.trimEnd().split("\n");
  expect(lines.at(-1)).toMatch(/^\d+ files, \d+ functions$/);
  expect(lines).toContainEqual(expect.stringMatching(/^packages\/server-h3: \d+ files, \d+ functions$/));
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}packages\/server-h3\/src\/.*dispatch\.ts \d+$/));
  expect(stdout).not.toMatch(/^ *(tools|packages\/plugin-testkit)\//m);
});

test("an unknown event is refused with the usage text, which names the events", async () => {
  await expect(trace("put")).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("usage: trace get|change|change-full|report"),
  });
});
