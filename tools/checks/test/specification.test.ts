import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { find, read, root } from "../src/repository.ts";
import {
  anchorsOf,
  brokenLinks,
  type Citation,
  citationChecks,
  namedFiles,
  specificationFolder,
} from "../src/specification.ts";

/** Kinds of citations that the code still contains. The list shall become empty. */
const kindsThatAreLeft: readonly Citation[] = ["original document", "old case id"];

const text = (path: string) => ({ path, text: read(path) });
const pages = find(`${specificationFolder}/*.md`).map(text);
const anchors = new Set(pages.flatMap((page) => [...anchorsOf(page.text)]));
const own = /^tools\/checks\/(src|test)\//;
const citing = find(
  "{*.md,.changeset/*.md,docs/**/*.md,packages/**/*.{ts,js,md},apps/**/*.{ts,js,md},tools/**/*.{ts,js,md}}",
)
  .filter((path) => !own.test(path))
  .map(text);
const kinds: readonly Citation[] = ["number", "page", "original document", "old case id"];

describe("what is cited can be opened", () => {
  test.each(kinds.filter((kind) => !kindsThatAreLeft.includes(kind)))("every %s", (kind) => {
    expect(citing.flatMap((file) => citationChecks[kind](file, anchors))).toEqual([]);
  });

  test.each(kindsThatAreLeft)("every %s (some are left in the code)", (kind) => {
    expect(citing.flatMap((file) => citationChecks[kind](file, anchors))).toEqual([]);
  });
});

describe("the specification", () => {
  test("has the chapters S1 to S18, and their sections without a gap", () => {
    const numbers = [...anchors].filter((id) => /^s\d+(\.\d+)?$/.test(id));
    const chapters = numbers.filter((id) => !id.includes("."));
    expect(chapters).toHaveLength(18);
    for (const chapter of chapters) {
      const sections = numbers.filter((id) => id.startsWith(`${chapter}.`));
      expect(sections).toEqual(sections.map((_, index) => `${chapter}.${index + 1}`));
    }
  });

  test.each([...pages, text("docs/glossary.md")].map((page) => [page.path, page] as const))(
    "the links of %s lead somewhere",
    (_, page) => {
      const readPage = (path: string) => (existsSync(join(root, path)) ? read(path) : undefined);
      expect(brokenLinks(page, readPage)).toEqual([]);
    },
  );

  test.each(namedFiles(read(`${specificationFolder}/security-cases.md`)))("the test %s exists", (path) => {
    expect(find(path)).toEqual([path]);
  });
});

describe("the check sees", () => {
  const known = new Set(["s9", "s9.4", "s9.10"]);

  test.each<[Citation, string, string]>([
    ["number", "// Keeps owners (S9.12).", "S9.12 is not in the specification"],
    ["number", 'test("S14: what is served")', "S14 is not in the specification"],
    ["page", "// See SPEC.md.", "SPEC.md is not in the repository: cite a number of the specification"],
    ["page", "// RELIABILITY 5", "RELIABILITY is not in the repository: cite a number of the specification"],
    [
      "original document",
      "// As in the seed's example.",
      '"the seed\'s": cite a number of the specification',
    ],
    ["original document", 'import "./seed/player.ts";', '"seed/": cite a number of the specification'],
  ])("a %s that nobody can open: %s", (kind, line, fault) => {
    expect(citationChecks[kind]({ path: "a.ts", text: `\n${line}` }, known)).toEqual([`a.ts:2: ${fault}`]);
  });

  test.each([
    ['test("B07: a node", ...)', "B07"],
    ["// (B07, B08)", "B07 B08"],
    ['test("S14 S15 S16 what is not there")', "S14 S15 S16"],
    ['["S23 a result"]', "S23"],
    ['["S01 a loop"]', "S01"],
    ['describe("B9: hostile services")', "B9"],
    ["// W13: what is sent small", "W13"],
  ])("the old ids in %s", (line, ids) => {
    const found = citationChecks["old case id"]({ path: "a.ts", text: line }, known);
    expect(found.map((fault) => fault.split(" ")[1]?.replace(":", "")).join(" ")).toBe(ids);
  });

  test.each([
    "// Keeps owners (S9, S9.4, S9.10).",
    'test("S9: the registry")',
    "new H3(); // V8, F0, P2P, %C3%A9, T00:00:00Z",
    "const seed = 5; // the seed of the random numbers",
    'test("sandbox-14 sandbox-15 what is not there, hostile-07")',
  ])("nothing wrong in %s", (line) => {
    for (const kind of kinds) expect(citationChecks[kind]({ path: "a.ts", text: line }, known)).toEqual([]);
  });

  test("links without a target", () => {
    const page = { path: "docs/a.md", text: "[x](b.md)\n[x](b.md#y) [x](c.md) [x](#z) [x](https://a.b/c)" };
    const readPage = (path: string) => ({ "docs/b.md": '<a id="q"></a>', "docs/a.md": "## Z" })[path];
    expect(brokenLinks(page, readPage)).toEqual([
      "docs/a.md:2: docs/b.md has no #y",
      "docs/a.md:2: docs/c.md does not exist",
    ]);
  });

  test("anchors and named files", () => {
    expect([...anchorsOf('<a id="s9.4"></a>\n\n### S9.4 Versions\n```md\n# no\n```\n')]).toEqual([
      "s9.4",
      "s94-versions",
    ]);
    expect(namedFiles("`packages/a/test/b.test.ts` `a.ts`")).toEqual(["packages/a/test/b.test.ts"]);
  });
});
