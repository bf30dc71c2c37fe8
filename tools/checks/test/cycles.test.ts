import { describe, expect, test } from "vitest";
import { importCycles } from "../src/cycles.ts";
import { readPackages } from "../src/repository.ts";

test("no file imports itself through others, by values or by types", () => {
  expect(importCycles(readPackages().flatMap(({ sources, tests }) => [...sources, ...tests]))).toEqual([]);
});

describe("the check sees", () => {
  test("a cycle of three files, closed by a type, and not the file that leads to it", () => {
    const files = [
      { path: "src/index.ts", text: 'export * from "./a.ts";' },
      { path: "src/a.ts", text: 'import { b } from "./deep/b.ts";' },
      { path: "src/deep/b.ts", text: 'export { c } from "../c.ts";' },
      { path: "src/c.ts", text: 'import type { A } from "./a.ts";' },
    ];
    expect(importCycles(files)).toEqual([["src/a.ts", "src/deep/b.ts", "src/c.ts"]]);
    expect(importCycles(files.slice(0, 3))).toEqual([]);
  });

  test("two cycles, and a file that imports itself", () => {
    const files = [
      { path: "a.ts", text: 'import "./b.ts";' },
      { path: "b.ts", text: 'import "./a.ts";' },
      { path: "c.ts", text: 'type C = import("./c.ts").C;' },
    ];
    expect(importCycles(files)).toEqual([["a.ts", "b.ts"], ["c.ts"]]);
  });
});
