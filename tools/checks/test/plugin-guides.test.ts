import { describe, expect, test } from "vitest";
import { codeLines } from "../src/code-lines.ts";
import { guideBlocks } from "../src/guide-blocks.ts";
import { find, read, readPackages } from "../src/repository.ts";

const plugins = "apps/examples/plugins";
const guides: Readonly<Record<string, string>> = {
  "docs/write-a-policy.md": `${plugins}/ip-ranges`,
  "docs/write-a-protocol.md": `${plugins}/json-rpc`,
  "docs/write-a-broker.md": `${plugins}/queue-broker`,
};

describe.each(Object.entries(guides))("S18: %s", (guide, folder) => {
  const { files, excerpts } = guideBlocks(read(guide));

  test("builds every source file of its plugin", () => {
    expect([...files.keys()]).toEqual(expect.arrayContaining(find(`${folder}/src/**/*.ts`)));
  });

  test.each([...files])("%s is what the blocks make up", (path, text) => {
    expect(text).toBe(read(path));
  });

  test.each(excerpts)("shows $path as it is", ({ path, text }) => {
    expect(read(path)).toContain(text);
  });
});

test("S17: the table of the example plugins has the lines of code of each", () => {
  const rows = readPackages()
    .filter(({ folder }) => folder.startsWith(`${plugins}/`))
    .map(({ folder, sources, tests }) => {
      const [own, ofTests] = [sources, tests].map((files) =>
        files.reduce((sum, file) => sum + codeLines(file), 0),
      );
      return `[${folder.slice(plugins.length + 1)}] ${own} ${ofTests}`;
    });
  const table = read(`${plugins}/README.md`).matchAll(
    /^\| (\[[\w-]+\])\([^)]*\) \|.*\| (\d+) \| (\d+) \|$/gm,
  );
  expect([...table].map(([, name, own, tests]) => `${name} ${own} ${tests}`)).toEqual(rows);
});

describe("the check sees", () => {
  test("the parts of a file, in order, and excerpts", () => {
    const text =
      "```ts a/b.ts\none\n```\n\ntext\n\n```ts a/b.ts\ntwo\n```\n\n```ts excerpt a/c.ts\nthree\n```\n";
    const { files, excerpts } = guideBlocks(text);
    expect([...files]).toEqual([["a/b.ts", "one\n\ntwo\n"]]);
    expect(excerpts).toEqual([{ path: "a/c.ts", text: "three\n" }]);
  });

  test("no block without a file", () => {
    expect(guideBlocks("```ts\none\n```\n```json fragment\n{}\n```\n").files.size).toBe(0);
  });

  test("lines of code without comments and empty lines", () => {
    const text = '/** A\n * b */\n\nconst a = "// no comment"; // one\n// two\nexport { a };\n';
    expect(codeLines({ path: "a.ts", text })).toBe(2);
  });
});
