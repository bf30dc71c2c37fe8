import { describe, expect, test } from "vitest";
import { codeWidth, longCodeLines, longMarkdownLines, markdownWidth } from "../src/lines.ts";
import { find, read, readPackages } from "../src/repository.ts";

const pages = find("{*.md,.changeset/*.md,docs/**/*.md,packages/**/*.md,apps/**/*.md,tools/**/*.md}");

test.each(readPackages().map(({ folder, sources, tests }) => [folder, [...sources, ...tests]] as const))(
  `%s has no line of code over ${codeWidth} characters`,
  (_, files) => {
    expect(files.flatMap(longCodeLines)).toEqual([]);
  },
);

test.each(pages)(`%s has no line over ${markdownWidth} characters`, (path) => {
  expect(longMarkdownLines({ path, text: read(path) })).toEqual([]);
});

describe("the check sees", () => {
  const words = "word ".repeat(30).trim();
  const address = `https://example.com/${"path/".repeat(30)}`;

  test.each([
    ["code", `const a = 1;\nf(${"a, ".repeat(50)}a);`],
    ["a comment", `\n// ${words}`],
    ["a text", `\nconst a = "${words}";`],
    ["an address behind other words", `\n// ${"word ".repeat(15)}${address}`],
  ])("a long line of %s", (_, text) => {
    expect(longCodeLines({ path: "a.ts", text })).toEqual([
      expect.stringMatching(/^a\.ts:2: \d+ characters, at/),
    ]);
  });

  test.each([
    ["a template literal", `const a = \`${words}\`;`],
    ["a template literal of several lines", `const a = \`\n${words}\n\`;`],
    ["a regular expression", `const a = /${words}/;`],
    ["an address", `// ${address}`],
    ["a line at the limit", `//${"x".repeat(108)}`],
  ])("nothing wrong in %s", (_, text) => {
    expect(longCodeLines({ path: "a.ts", text })).toEqual([]);
  });

  test("a long line of Markdown, and none in tables, code and link definitions", () => {
    const text = `${words}\n\n| ${words} |\n\n\`\`\`sh\n${words}\n\`\`\`\n\n[a]: ${address}\n- <${address}>\n`;
    expect(longMarkdownLines({ path: "a.md", text })).toEqual(["a.md:1: 149 characters, at most 120"]);
  });
});
