import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { exportedValues } from "../src/counts/exported-values.ts";
import { longFunctions } from "../src/counts/functions.ts";
import { layersOf } from "../src/counts/layers.ts";
import { dialectCounts } from "../src/counts/words.ts";
import { counts } from "../src/counts.ts";
import { readPackages } from "../src/repository.ts";

test("words of the old dialect, in identifiers and comments, not in texts", () => {
  const text = `// What was told of heirlooms.
    export const toldHeirlooms = "told";
    function mostRoutes(evenIfFaulty: string): void {}
  `;
  const found = dialectCounts([{ path: "a.ts", text }]).filter((row) => row.identifiers + row.comments > 0);
  expect(found.map(({ words, identifiers, comments }) => [words, identifiers, comments])).toEqual([
    ["heirloom heirlooms", 1, 1],
    ["told", 1, 1],
    ["evenIfFaulty", 1, 0],
    ["mostX", 1, 0],
  ]);
});

test("exported values, through other files, without types", () => {
  const files: Record<string, string> = {
    "src/index.ts":
      'export * from "./a.ts"; export { type T, b, c as d } from "./b.ts"; export type { E } from "./b.ts";',
    "src/a.ts": `
      export interface I {}
      export type U = string;
      export const e = 1, f = 2;
      export class K {}
      export * from "./index.ts";
    `,
  };
  expect(exportedValues("src/index.ts", (path) => files[path])).toEqual(["K", "b", "d", "e", "f"]);
});

test("long functions, with the names of what holds them", () => {
  const body = "{\n\n\n}";
  const text = [
    `function declared() ${body}`,
    `const arrow = () => ${body};`,
    `const object = { method() ${body}, property: () => ${body} };`,
    `class K { method() ${body} }`,
    `call(() => ${body});`,
    "function short() {\n}",
  ].join("\n");
  const found = longFunctions({ path: "a.ts", text }, 3);
  expect(found.map(({ name, lines }) => `${name} ${lines}`)).toEqual([
    "declared 4",
    "arrow 4",
    "method 4",
    "property 4",
    "method 4",
    "(anonymous) 4",
  ]);
});

test("files and lines of packages, and of the folders of the core", () => {
  const file = (path: string) => ({ path: `packages/core-registry/src/${path}`, text: "a\nb\n" });
  const core = {
    folder: "packages/core-registry",
    manifest: { name: "@tidegate/core-registry" },
    sources: [file("index.ts"), file("routing/a.ts"), file("routing/deep/b.ts")],
    tests: [],
  };
  expect(layersOf([core]).map(({ name, files, lines }) => [name, files, lines])).toEqual([
    ["packages/core-registry", 3, 6],
    ["packages/core-registry/src", 1, 2],
    ["packages/core-registry/src/routing", 2, 4],
  ]);
});

test("another checkout is counted, and nothing of this one", () => {
  const checkout = mkdtempSync(join(tmpdir(), "counts-"));
  try {
    const files = {
      "packages/core-registry/package.json": '{ "name": "@tidegate/core-registry" }',
      "packages/core-registry/src/index.ts": "/** The name. */\nexport const heirloom = 1;\n",
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(checkout, path)), { recursive: true });
      writeFileSync(join(checkout, path), text);
    }
    expect(readPackages(checkout).map(({ folder }) => folder)).toEqual(["packages/core-registry"]);
    const text = counts(checkout);
    expect(text).toContain("| heirloom heirlooms | retainedFragments | 1 | 0 |");
    expect(text).toContain("1, of which 1 have at most 5 words (100.0 %).");
    expect(text).toContain("| packages/core-registry | 1 | 2 | 2 |");
    expect(text).toContain("1: heirloom");
  } finally {
    rmSync(checkout, { recursive: true });
  }
});
